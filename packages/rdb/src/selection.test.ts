import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeySelection, type KeySelectionSpec, type PrefixRename } from './selection.ts';
import type { KeyHeader } from './visitor.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NOW = 1_700_000_000_000;

function header(key: string | Uint8Array, changes: Partial<KeyHeader> = {}): KeyHeader {
  const name = typeof key === 'string' ? encoder.encode(key) : key;
  // As in a file, the key has neighbours.
  const bytes = new Uint8Array(name.length + 2).fill(0x2a);
  bytes.set(name, 1);
  return {
    dialect: 'redis',
    db: 0,
    typeCode: 0,
    bytes,
    start: 1,
    end: 1 + name.length,
    expireAtMs: null,
    idleSeconds: null,
    freq: null,
    metadata: null,
    isSticky: false,
    memcachedFlags: null,
    offset: 9,
    ...changes,
  };
}

function nameOf({ bytes, start, end }: KeyHeader): string {
  return decoder.decode(bytes.subarray(start, end));
}

function selection(spec: KeySelectionSpec = {}): KeySelection {
  return new KeySelection({ nowMs: NOW, ...spec });
}

function accepts(spec: KeySelectionSpec, key: string | Uint8Array, changes: Partial<KeyHeader> = {}): boolean {
  return selection(spec).accept(header(key, changes));
}

function rename(from: string, to: string): PrefixRename {
  return { from: encoder.encode(from), to: encoder.encode(to) };
}

describe('KeySelection', () => {
  it('accepts everything that has not expired when nothing is asked for', () => {
    const all = selection();
    expect(all.accept(header('a'))).toBe(true);
    expect(all.accept(header('b', { expireAtMs: NOW + 1 }))).toBe(true);
    expect(all.accept(header('c', { expireAtMs: NOW }))).toBe(false);
    expect(all.accept(header('d', { expireAtMs: 2n ** 62n }))).toBe(true);
    expect(all.accept(header('e', { expireAtMs: -(2n ** 62n) }))).toBe(false);
    expect(all.accepted).toBe(3);
    expect(all.skipped.expired).toBe(2);
    expect(all.skippedKeys).toBe(2);
    expect(all.acceptsFunctions).toBe(true);
    expect(all.hasSizeBounds).toBe(false);
  });

  it('by database', () => {
    expect(accepts({ dbs: [1, 3] }, 'a', { db: 3 })).toBe(true);
    expect(accepts({ dbs: [1, 3] }, 'a')).toBe(false);
  });

  it('by glob: one must match, none may', () => {
    expect(accepts({ keys: ['user:*', 'item:*'] }, 'item:1')).toBe(true);
    expect(accepts({ keys: ['user:*', 'item:*'] }, 'thing:1')).toBe(false);
    expect(accepts({ notKeys: ['tmp:*', 'x'] }, 'x')).toBe(false);
    expect(accepts({ notKeys: ['tmp:*', 'x'] }, 'y')).toBe(true);
    expect(accepts({ keys: ['user:*'], notKeys: ['*:tmp'] }, 'user:tmp')).toBe(false);
    expect(accepts({ keys: [Uint8Array.of(0xff, 0x2a)] }, Uint8Array.of(0xff, 0))).toBe(true);
  });

  it('by regular expression, on text', () => {
    expect(accepts({ keyRegexes: [/^ü.$/u] }, 'ü😀')).toBe(true);
    expect(accepts({ keyRegexes: [/r:\d/] }, 'user:1')).toBe(true);
    expect(accepts({ keyRegexes: [/^\d/, /x$/] }, 'user')).toBe(false);
    expect(accepts({ notKeyRegexes: [/^u/] }, 'user')).toBe(false);
    expect(accepts({ notKeyRegexes: [/^x/] }, 'user')).toBe(true);
    expect(accepts({ keyRegexes: [/^u/], notKeyRegexes: [/r$/] }, 'user')).toBe(false);
  });

  it('by regular expression, on bytes that are no text', () => {
    const key = Uint8Array.of(0x61, 0xff, 0x80);
    expect(accepts({ keyRegexes: [/^a\xff\x80$/] }, key)).toBe(true);
    expect(accepts({ keyRegexes: [/\ufffd/] }, key)).toBe(false);
  });

  it('keeps no state in a regular expression', () => {
    const twice = selection({ keyRegexes: [/a/g] });
    expect([twice.accept(header('xxa')), twice.accept(header('a'))]).toEqual([true, true]);
  });

  it('tells text from bytes as a decoder does', () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x61, 0x80, 0xbf, 0xc1, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xef, 0xf0, 0x90, 0xf4, 0x8f, 0xf5),
    );
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const asText = (key: Uint8Array): string => {
      try {
        return strict.decode(key);
      } catch {
        return String.fromCharCode(...key);
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.array(byte, { maxLength: 5 }), (any, near) => {
        for (const key of [any, Uint8Array.from(near)]) {
          const text = asText(key);
          const exact = new RegExp(`^${[...text].map((c) => `\\u{${c.codePointAt(0)?.toString(16)}}`).join('')}$`, 'u');
          expect(accepts({ keyRegexes: [exact] }, key)).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    [0, 'string'],
    [18, 'list'],
    [20, 'set'],
    [5, 'zset'],
    [22, 'hash'],
    [21, 'stream'],
    [7, 'module'],
    [28, 'array'],
    [33, 'string'],
  ] as const)('by type: code %i is a %s', (typeCode, type) => {
    expect(accepts({ types: [type] }, 'a', { typeCode })).toBe(true);
    expect(accepts({ notTypes: [type] }, 'a', { typeCode })).toBe(false);
    expect(accepts({ types: [type === 'hash' ? 'set' : 'hash'] }, 'a', { typeCode })).toBe(false);
  });

  it('lets only the types decide about functions', () => {
    expect(selection({ keys: ['nothing'], dbs: [], limit: 0 }).acceptsFunctions).toBe(true);
    expect(selection({ types: ['string'] }).acceptsFunctions).toBe(false);
    expect(selection({ types: ['function'] }).acceptsFunctions).toBe(true);
    expect(selection({ notTypes: ['function'] }).acceptsFunctions).toBe(false);
  });

  it.each([
    ['any', [false, false, true]],
    ['none', [true, false, false]],
    ['expired', [false, true, false]],
    ['live', [false, false, true]],
    [{ minMs: 0, maxMs: 1000 }, [false, false, true]],
    [{ minMs: 1001, maxMs: null }, [false, false, false]],
    [{ minMs: null, maxMs: -1000 }, [false, true, false]],
    [{ minMs: -1000, maxMs: null }, [false, true, true]],
    [{ minMs: null, maxMs: null }, [false, false, true]],
  ] as const)('by expiry: %j', (ttl, expected) => {
    const all = selection({ ttl });
    const expiries = [null, NOW - 1000, NOW + 1000];
    expect(expiries.map((expireAtMs) => all.accept(header('a', { expireAtMs })))).toEqual(expected);
  });

  it('keeps expired keys when told to', () => {
    expect(accepts({ expired: 'keep' }, 'a', { expireAtMs: 1 })).toBe(true);
    expect(accepts({ expired: 'skip', ttl: 'expired' }, 'a', { expireAtMs: 1 })).toBe(false);
  });

  it('judges expiry by the time that the key is going to have', () => {
    expect(accepts({ shiftTtlMs: 1000 }, 'a', { expireAtMs: NOW - 999 })).toBe(true);
    expect(accepts({ shiftTtlMs: 1000 }, 'a', { expireAtMs: NOW - 1000 })).toBe(false);
    expect(accepts({ shiftTtlMs: -1000 }, 'a', { expireAtMs: NOW + 1000 })).toBe(false);
    expect(accepts({ stripTtl: true }, 'a', { expireAtMs: 1 })).toBe(true);
  });

  it('by slot', () => {
    // foo is in slot 12182, {user1000} in 3443.
    expect(accepts({ slots: [[12182, 12182]] }, 'foo')).toBe(true);
    expect(
      accepts(
        {
          slots: [
            [0, 12181],
            [12183, 16383],
          ],
        },
        'foo',
      ),
    ).toBe(false);
    expect(accepts({ slots: [[3443, 3443]] }, '{user1000}.following')).toBe(true);
  });

  it('up to a limit', () => {
    const two = selection({ limit: 2, keys: ['a*'] });
    expect(['a1', 'b', 'a2', 'b', 'a3'].map((key) => two.accept(header(key)))).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(two.exhausted).toBe(true);
    expect(two.skipped).toMatchObject({ key: 2, limit: 1 });
    expect(selection({ limit: 0 }).accept(header('a'))).toBe(false);
  });

  it('does not count towards the limit what its size excludes', () => {
    const one = selection({ limit: 1, minSize: 10, maxSize: 20 });
    expect(one.hasSizeBounds).toBe(true);
    expect(one.accept(header('a'))).toBe(true);
    expect(one.acceptSize(9)).toBe(false);
    expect(one.accept(header('b'))).toBe(true);
    expect(one.acceptSize(20)).toBe(true);
    expect(one.accept(header('c'))).toBe(false);
    expect(one.skipped).toMatchObject({ size: 1, limit: 1 });
    expect(selection({ maxSize: 20 }).acceptSize(21)).toBe(false);
  });

  it('maps databases, after selecting by the old number', () => {
    const mapped = selection({ dbs: [1, 2], mapDb: new Map([[1, 0]]) });
    const headers = [header('a', { db: 1 }), header('b', { db: 2 }), header('c', { db: 0 })];
    expect(headers.map((each) => mapped.accept(each))).toEqual([true, true, false]);
    expect(headers.map(({ db }) => db)).toEqual([0, 2, 0]);
  });

  it('renames prefixes, after selecting by the old name', () => {
    const renaming = selection({
      keys: ['u*'],
      renamePrefixes: [rename('user:', 'customer:'), rename('u', ''), rename('', 'never:')],
    });
    const rename1 = header('user:1');
    const rename2 = header('uu');
    expect([rename1, rename2].map((each) => renaming.accept(each) && nameOf(each))).toEqual(['customer:1', 'u']);
    expect(renaming.renamed).toBe(2);
    const long = header(`user:${'x'.repeat(5000)}`);
    expect(renaming.accept(long)).toBe(true);
    expect(nameOf(long)).toBe(`customer:${'x'.repeat(5000)}`);
    const untouched = header('other');
    expect(selection({ renamePrefixes: [rename('user:', '')] }).accept(untouched)).toBe(true);
    expect(nameOf(untouched)).toBe('other');
  });

  it.each([
    [{ dbs: [-1] }],
    [{ dbs: [1.5] }],
    [{ limit: -1 }],
    [{ minSize: Number.NaN }],
    [{ maxSize: -5 }],
    [{ slots: [[5, 4]] }],
    [{ slots: [[0, 16384]] }],
    [{ mapDb: new Map([[0, -1]]) }],
    [{ types: ['strings'] }],
  ])('refuses %j', (spec) => {
    expect(() => selection(spec as unknown as KeySelectionSpec)).toThrow(RangeError);
  });
});
