// Bundles the package for browsers and runs it in one: nothing of Node may be left in it.
import { fileURLToPath } from 'node:url';
import {
  blobValue,
  browserForTests,
  intset,
  listpack,
  quicklist2Value,
  RdbBuilder,
  stringValue,
  zset2Value,
} from '@rdbkit/testkit';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as rdb from './index.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

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

/**
 * What the reader tells its visitor, as text, when it gets the file as a stream of chunks. Runs in Node and, by its
 * source text, in the browser: it uses nothing from outside.
 */
async function recordCalls(api: typeof rdb, base64: string, chunkBytes: number): Promise<string[]> {
  const file = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const calls: string[] = [];
  const print = (value: unknown): string =>
    JSON.stringify(value, (_name, item: unknown) => {
      if (typeof item === 'bigint') return `${item}n`;
      return item instanceof Uint8Array ? Array.from(item).join(' ') : item;
    });
  const printKey = ({ bytes, start, end, ...rest }: rdb.KeyHeader): string =>
    print({ ...rest, name: bytes.slice(start, end) });

  const visitor = new Proxy(new api.RdbVisitorBase(), {
    get:
      (_target, name) =>
      (...args: unknown[]) => {
        // Bytes that are followed by two numbers are borrowed: only that range means something.
        const owned = args.map((arg, i) => {
          const [start, end] = [args[i + 1], args[i + 2]];
          const isRange = arg instanceof Uint8Array && typeof start === 'number' && typeof end === 'number';
          return isRange ? arg.slice(start, end) : arg;
        });
        const ranges = new Set(args.flatMap((arg, i) => (owned[i] === arg ? [] : [i + 1, i + 2])));
        const shown = owned.filter((_arg, i) => !ranges.has(i));
        calls.push(`${String(name)} ${name === 'key' ? printKey(args[0] as rdb.KeyHeader) : print(shown)}`);
        return name === 'key' ? 'logical' : undefined;
      },
  });

  let offset = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (offset >= file.length) {
        controller.close();
        return;
      }
      controller.enqueue(file.subarray(offset, offset + chunkBytes));
      offset += chunkBytes;
    },
  });
  const summary = await api.readRdb(source, visitor);
  calls.push(`summary ${print(summary)}`);
  return calls;
}

/** A file with each way a value can be kept: plain, packed, compressed numbers, with expiry. */
function buildFile(): Uint8Array {
  return new RdbBuilder({ version: 12 })
    .aux('redis-ver', '7.4.1')
    .selectDb(0)
    .key('text', stringValue('grüße'), { expireAtMs: 1_893_456_000_123 })
    .key('list', quicklist2Value([{ packed: listpack(['a', 1, -70_000, 'x'.repeat(100)]) }]))
    .key('numbers', blobValue(11, intset([-1, 2, 2 ** 40])))
    .selectDb(3)
    .key(
      'scores',
      zset2Value([
        ['low', -1.5],
        ['high', Number.POSITIVE_INFINITY],
      ]),
    )
    .key('fields', blobValue(16, listpack(['f', 'v', 'g', 9_007_199_254_740_993n])))
    .finish();
}

const launch = browserForTests();

describe.skipIf(launch === undefined)('in a browser', () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch(launch);
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

  it.each([1, 7, 4096])('reads a stream in chunks of %i bytes as Node does', async (chunkBytes) => {
    const base64 = Buffer.from(buildFile()).toString('base64');
    const expected = await recordCalls(rdb, base64, chunkBytes);
    expect(expected.filter((call) => call.startsWith('key '))).toHaveLength(5);
    expect(expected.at(-1)).toContain('"checksum":"ok"');
    const call = `(${recordCalls.toString()})(it, ${JSON.stringify(base64)}, ${chunkBytes})`;
    expect(await page.evaluate(call)).toEqual(expected);
  });

  it('tells a damaged file by an error of its own', async () => {
    const file = buildFile();
    const base64 = Buffer.from(file.subarray(0, file.length - 20)).toString('base64');
    const call = `(${recordCalls.toString()})(it, ${JSON.stringify(base64)}, 64)`;
    expect(await page.evaluate(`${call}.catch((error) => [error instanceof it.RdbError, error.code])`)).toEqual([
      true,
      'RDB_TRUNCATED',
    ]);
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
