import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundlePage, dataOf } from '../testing/report-of.ts';
import { shopDump } from '../testing/shop.ts';
import type { ReportData } from './report-data.ts';
import { reportHtml } from './report-html.ts';

const data: ReportData = { ...dataOf(shopDump(0.01)), title: '</title><script>alert(1)</script>&amp;' };
let html = '';

beforeAll(async () => {
  html = await reportHtml(data);
});

describe('the HTML file', () => {
  it('carries the data, compressed', () => {
    const packed =
      /<script type="application\/octet-stream" id="data">([A-Za-z0-9+/=]+)<\/script>/.exec(html)?.[1] ?? '';
    expect(JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString())).toEqual(data);
  });

  it('has two scripts and one style, and nothing that a name could have added', () => {
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script/g)).toHaveLength(2);
    expect(html.match(/<\/style/g)).toHaveLength(1);
    expect(html).not.toContain('<img');
    expect(html).toContain('<title>&lt;/title>&lt;script>alert(1)&lt;/script>&amp;amp; · rdbkit</title>');
  });

  it('allows its own script and style only', () => {
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
    const hash = (text: string | undefined): string =>
      `'sha256-${createHash('sha256')
        .update(text ?? '')
        .digest('base64')}'`;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash(/<script>([^]*)<\/script>/.exec(html)?.[1])}`,
      `style-src ${hash(/<style>([^]*)<\/style>/.exec(html)?.[1])}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('names nothing on the network', () => {
    // Namespaces of documents are names, not addresses.
    const addresses = html.match(/(?:https?:)?\/\/[a-z][\w.-]+\.[a-z]{2,}[^\s"'`]*/gi) ?? [];
    expect(addresses.filter((address) => !address.includes('www.w3.org'))).toEqual([]);
  });

  it('is the same each time', async () => {
    const before = html;
    bundlePage();
    expect(await reportHtml(data)).toBe(before);
  });
});
