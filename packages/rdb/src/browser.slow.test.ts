// Bundles the package for browsers and runs it in one: nothing of Node may be left in it.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function findBrowser(): string | undefined {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of BROWSERS) {
      const path = join(dir, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not here
      }
    }
  }
  return undefined;
}

/** One classic script that puts the exports of `source` into a global named `it`. Fails on any import of Node's. */
async function bundleForBrowser(source: string): Promise<string> {
  const result = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    bundle: true,
    conditions: ['rdbkit-source'],
    format: 'iife',
    globalName: 'it',
    logLevel: 'silent',
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  return result.outputFiles[0]?.text ?? '';
}

const executablePath = findBrowser();

// CI has a browser: there, a missing one fails below instead of being skipped.
describe.skipIf(executablePath === undefined && process.env.CI !== 'true')('in a browser', () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    if (executablePath === undefined) throw new Error(`none of ${BROWSERS.join(', ')} on PATH`);
    browser = await chromium.launch({
      executablePath,
      headless: true,
      chromiumSandbox: false,
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.addScriptTag({ content: await bundleForBrowser(`export * from './index.ts';`) });
  });

  afterAll(async () => {
    await browser?.close();
  });

  it('loads without an error', async () => {
    expect(await page.evaluate('typeof it')).toBe('object');
    expect(complaints).toEqual([]);
  });

  it('has no access to anything of Node', async () => {
    expect(await page.evaluate('[typeof process, typeof Buffer, typeof require]')).toEqual([
      'undefined',
      'undefined',
      'undefined',
    ]);
  });
});

describe('the bundle for browsers', () => {
  it('is refused when something of Node is imported', async () => {
    await expect(bundleForBrowser(`export { readFileSync } from 'node:fs';`)).rejects.toThrow('node:fs');
  });
});
