// Damaged and malicious input: a typed error or valid data, in bounded time and memory.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ByteWriter,
  backReference,
  blobValue,
  concatBytes,
  dumpPayload,
  EncodedString,
  eachVector,
  fromHex,
  listpack,
  listValue,
  listVectors,
  lzfTokens,
  quicklist2Value,
  RdbBuilder,
  type RdbValue,
  REPOSITORY_ROOT,
  rawValue,
  streamIdBytes,
  stringValue,
  type Vector,
  ziplist,
} from '@rdbkit/testkit';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  EventLog,
  type LogOptions,
  type Outcome,
  outcomeOf,
  randomFrom,
  readInChunks,
  readInSteps,
  readWhole,
} from '../testing/event-log.ts';
import { readDump } from './dump-payload.ts';
import { RdbError } from './errors.ts';
import type { RdbOptions } from './options.ts';
import type { Level } from './visitor.ts';

vi.setConfig({ testTimeout: 120_000 });

const LEVELS: readonly Level[] = ['skip', 'raw', 'packed', 'logical'];
const MOST_MS = 2000;
const MOST_BYTES = 256 * 1024 * 1024;
const SEED = 20260905;

/** The worst that was seen, by kind of input; shown at the end. */
const worst: Record<string, { ms: number; allocation: number; resident: number }> = {};

afterAll(() => {
  for (const [kind, { ms, allocation, resident }] of Object.entries(worst)) {
    const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
    console.log(
      `${kind}: at most ${ms.toFixed(0)} ms, one allocation of ${mib(allocation)} MiB, ${mib(resident)} MiB more resident`,
    );
  }
});

/** Time of the processor, since a machine may be busy with other things. */
function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/** Runs within the bounds of time and memory. */
function bounded<T>(kind: string, run: () => T): T {
  // Sees every typed array that is made by size, whether or not it is ever written to.
  let allocation = 0;
  const Original = Uint8Array;
  vi.stubGlobal(
    'Uint8Array',
    new Proxy(Original, {
      construct(target, args: unknown[], newTarget) {
        if (typeof args[0] === 'number') allocation = Math.max(allocation, args[0]);
        return Reflect.construct(target, args, newTarget === target ? target : Original) as object;
      },
    }),
  );
  const resident = process.memoryUsage.rss();
  const started = process.cpuUsage();
  try {
    return run();
  } finally {
    const ms = cpuMs(started);
    const grown = process.memoryUsage.rss() - resident;
    vi.stubGlobal('Uint8Array', Original);
    const most = (worst[kind] ??= { ms: 0, allocation: 0, resident: 0 });
    most.ms = Math.max(most.ms, ms);
    most.allocation = Math.max(most.allocation, allocation);
    most.resident = Math.max(most.resident, grown);
    expect(ms).toBeLessThan(MOST_MS);
    expect(allocation).toBeLessThan(MOST_BYTES);
    expect(grown).toBeLessThan(MOST_BYTES);
  }
}

function sameError(a: Outcome, b: Outcome): boolean {
  return (
    a.error?.code === b.error?.code && a.error?.offset === b.error?.offset && a.error?.message === b.error?.message
  );
}

/** Any error is one about the data, and the same whatever the chunks. */
function expectTyped(outcome: Outcome): void {
  if (outcome.error !== null) {
    expect(outcome.error).toBeInstanceOf(RdbError);
    expect(outcome.error.code).toMatch(/^RDB_[A-Z_]+$/);
    expect(Number.isSafeInteger(outcome.error.offset)).toBe(true);
  }
}

describe('files of the peers that are not sound', () => {
  const files = listVectors('peer-data').filter((vector) => vector.manifest?.state !== 'good');

  it.each(eachVector(files))('%s', (_name, vector) => {
    const bytes = new Uint8Array(vector.read());
    for (const level of LEVELS) {
      for (const options of [{}, { strict: true }, { checksum: false, anyVersion: true }]) {
        const whole = bounded('peer files', () => readWhole(bytes, { level, mode: 'digest' }, options));
        expectTyped(whole);
        const split = bounded('peer files, byte by byte', () =>
          readInSteps(bytes, 1, { level, mode: 'digest' }, options),
        );
        expect(split).toEqual(whole);
      }
    }
  });

  it('are refused, but for those that servers read too', () => {
    const accepted = files.filter(
      (vector) => readWhole(new Uint8Array(vector.read()), { mode: 'digest' }).error === null,
    );
    const names = accepted.map((vector) => vector.name.split('/').at(-1) ?? '');
    // Empty keys are skipped by servers, too; a zipmap of unknown count was read by every server before 2025.
    expect(names.filter((name) => !/^corrupt_empty_keys|^zipmap_big_len/.test(name))).toEqual([]);
  });
});

interface RestoreCase {
  readonly name: string;
  readonly needs_module?: string;
  readonly payload_base64: string;
  readonly measured: Readonly<Record<string, { readonly reply: string }>>;
}

const RESTORE_CASES = join(REPOSITORY_ROOT, '..', 'shared', 'peer-data', 'corrupt-restore-payloads.jsonl');
const restoreCases = existsSync(RESTORE_CASES)
  ? readFileSync(RESTORE_CASES, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RestoreCase)
  : [];

/**
 * What a server refuses when it sanitizes, and we take: each with the warning that is given, or null for none. With the
 * option `strict` all of them but modules are refused.
 */
const TAKEN_WITH_WARNING: readonly (readonly [name: RegExp, warning: string | null])[] = [
  // Repeated members cost a set of all of them to find.
  [/leak in rdbloading due to dup entry in set/, null],
  [/hash zipmap with duplicate keys/, null],
  // Servers before 2025 read it, and may have written it.
  [/zipmap - 5 bytes length encoding/, 'RDB_ZIPMAP_LENGTH'],
  // Redis refuses these from 8.8 on; Valkey and older ones do not look.
  [/stream length inconsistent with live entries/, 'RDB_STREAM_NODE_COUNT'],
  [/stream listpack with wrong deleted count/, 'RDB_STREAM_NODE_COUNT'],
];

describe('payloads from the tests of the peers', () => {
  function read(payload: Uint8Array, level: Level, options: RdbOptions): Outcome & { lines: readonly string[] } {
    const log = new EventLog({ level });
    const outcome = outcomeOf(log, () => {
      readDump(payload, log, { checksum: false, ...options });
    });
    return { ...outcome, lines: log.lines };
  }

  const rows = restoreCases.map((one, i) => [`${i} ${one.name}`, one] as const);

  it.each(rows)('%s', (_name, one) => {
    const payload = new Uint8Array(Buffer.from(one.payload_base64, 'base64'));
    for (const level of LEVELS) {
      for (const strict of [false, true]) expectTyped(bounded('payloads', () => read(payload, level, { strict })));
    }
    const verdict =
      Object.entries(one.measured).find(([server]) => server.includes('sanitize-dump-payload=yes'))?.[1].reply ?? '';
    const found = read(payload, 'logical', {});
    if (verdict === '+OK') {
      expect(found.error).toBeNull();
      expect(read(payload, 'logical', { strict: true }).error).toBeNull();
      return;
    }
    // The server did not have the module; its values are opaque to us.
    if (one.needs_module !== undefined) return;
    const taken = TAKEN_WITH_WARNING.find(([name]) => name.test(one.name));
    if (taken === undefined) {
      expect(found.error).toBeInstanceOf(RdbError);
    } else {
      expect(found.error).toBeNull();
      const warnings = found.lines.filter((line) => line.startsWith('warning ')).map((line) => line.split(' ')[1]);
      expect(warnings[0] ?? null).toBe(taken[1]);
    }
    expect(read(payload, 'logical', { strict: true }).error).toBeInstanceOf(RdbError);
  });
});

describe('bombs', () => {
  const claim = (length: number | bigint): EncodedString =>
    new EncodedString(new ByteWriter().len(length).raw('few').toBytes());
  const value = (typeCode: number, ...parts: (ByteWriter | Uint8Array)[]): RdbValue =>
    rawValue(typeCode, concatBytes(...parts.map((part) => (part instanceof ByteWriter ? part.toBytes() : part))));
  const lens = (...values: (number | bigint)[]): ByteWriter =>
    values.reduce<ByteWriter>((out, one) => out.len(one), new ByteWriter());
  const counts = [2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53 - 1, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
  const node = (elements: Parameters<typeof listpack>[0], options: Parameters<typeof listpack>[1] = {}): RdbValue =>
    value(15, new ByteWriter().len(1).str(streamIdBytes('1-1')).str(listpack(elements, options)), lens(1, 1, 1, 0));
  const streamTail = (...values: (number | bigint)[]): RdbValue =>
    value(21, lens(0, 0, 0, 0, 0, 0, 0, 0, 0, ...values));
  const zeros = new Uint8Array(2000);
  const lzfClaims = (length: number | bigint, compressed: number): EncodedString =>
    lzfTokens(new Uint8Array(64), length, compressed);

  const bombs: [string, RdbValue][] = [
    ...counts.map((count): [string, RdbValue] => [`a string of ${count} bytes`, stringValue(claim(count))]),
    ...[1, 2, 3, 4, 5, 14, 18, 22, 24].flatMap((type) =>
      counts.map((count): [string, RdbValue] => [
        `type ${type} with ${count} elements`,
        value(type, type === 24 ? new Uint8Array(8) : new Uint8Array(0), lens(count), zeros),
      ]),
    ),
    ...[15, 19, 21, 26, 27].flatMap((type) =>
      counts.map((count): [string, RdbValue] => [`type ${type} with ${count} nodes`, value(type, lens(count), zeros)]),
    ),
    ...counts.map((count): [string, RdbValue] => [`${count} groups`, streamTail(count)]),
    ...counts.map((count): [string, RdbValue] => [
      `${count} pending entries`,
      value(21, lens(0, 0, 0, 0, 0, 0, 0, 0, 0, 1), new ByteWriter().str('g').len(0).len(0).len(0).len(count), zeros),
    ]),
    ...counts.map((count): [string, RdbValue] => [
      `${count} consumers`,
      value(
        21,
        lens(0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
        new ByteWriter().str('g').len(0).len(0).len(0).len(0).len(count),
        zeros,
      ),
    ]),
    ...counts.map((count): [string, RdbValue] => [
      `${count} entries of a consumer`,
      value(
        21,
        lens(0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
        new ByteWriter().str('g').len(0).len(0).len(0).len(0).len(1).str('c').u64(0).u64(0).len(count),
        zeros,
      ),
    ]),
    ...counts.map((count): [string, RdbValue] => [
      `${count} handed-back entries`,
      value(
        27,
        lens(0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
        new ByteWriter().str('g').len(0).len(0).len(0).len(0).len(0).len(count),
        zeros,
      ),
    ]),
    ...counts.map((count): [string, RdbValue] => [
      `${count} producers`,
      value(26, lens(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 100, count), zeros),
    ]),
    ...counts.map((count): [string, RdbValue] => [
      `${count} messages of a producer`,
      value(26, lens(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 100, 1), new ByteWriter().str('p').len(count), zeros),
    ]),
    ...counts.map((count): [string, RdbValue] => [`an array of ${count} elements`, value(28, lens(count, 0), zeros)]),
    ...counts.map((count): [string, RdbValue] => [
      `a template hash of ${count} fields`,
      value(31, lens(1, count), zeros),
    ]),
    ...counts.map((count): [string, RdbValue] => [
      `a template hash of ${count} fields, listpack`,
      value(29, lens(1, count), zeros),
    ]),
    ...counts.map((count): [string, RdbValue] => [
      `a bitmap of ${count} bytes`,
      value(33, new ByteWriter().len(count).str(new Uint8Array(8))),
    ]),
    ['a bitmap of 2^32 buckets', value(33, new ByteWriter().len(2 ** 50).str(fromHex('ffffffff00000000')))],
    ...[2n ** 32n, 2n ** 40n, 2n ** 63n].map((length): [string, RdbValue] => [
      `LZF for ${length} bytes`,
      stringValue(lzfClaims(length, 64)),
    ]),
    ['LZF for 4 GiB out of 4 GiB', stringValue(lzfClaims(2n ** 32n, 2 ** 32 - 1))],
    ['LZF for 512 MiB out of 6 MB that do not come', stringValue(lzfClaims(2 ** 29, 6_200_000))],
    ['LZF for 512 MiB in a listpack', blobValue(16, lzfClaims(2 ** 29, 6_200_000))],
    ['LZF for 5632 bytes out of 64 zeros', stringValue(lzfClaims(64 * 88, 64))],
    ['a listpack of 2^32 bytes', blobValue(16, listpack(['a', 'b'], { totalBytes: 2 ** 32 - 1 }))],
    ['a listpack of 65535 elements', blobValue(16, listpack(['a', 'b'], { count: 65535 }))],
    ['a listpack of 65534 elements', blobValue(16, listpack(['a', 'b'], { count: 65534 }))],
    ['a ziplist of 2^32 bytes', blobValue(13, ziplist(['a', 'b'], { totalBytes: 2 ** 32 - 1 }))],
    ['a ziplist of 65535 entries', blobValue(13, ziplist(['a', 'b'], { count: 65535 }))],
    ['an intset of 2^32 members', blobValue(11, fromHex('02000000 ffffffff 0100'))],
    ['a zipmap of 254 fields', blobValue(9, fromHex('fe 0161 01 00 62 ff'))],
    ['a zipmap with a field of 4 GiB', blobValue(9, fromHex('01 feffffffff 61 ff'))],
    ...[2 ** 32, 2 ** 40, 2n ** 62n].map((count): [string, RdbValue] => [
      `a stream node of ${count} master fields`,
      node([1, 0, count, 'a', 0]),
    ]),
    ...[2 ** 32, 2 ** 40, 2n ** 62n].map((count): [string, RdbValue] => [
      `a stream entry of ${count} fields`,
      node([1, 0, 0, 0, 0, 0, 0, count, 'a', 'b', 6]),
    ]),
    ...[2 ** 32, 2 ** 40, 2n ** 62n].map((count): [string, RdbValue] => [
      `a stream node of ${count} entries`,
      node([count, 0, 0, 0]),
    ]),
    [
      'nested: 2^32 nodes of a listpack of 65535 elements',
      quicklist2Value([{ packed: listpack(['a'], { count: 65535 }) }], { count: 2 ** 32 }),
    ],
    ['a module without an end', value(7, new ByteWriter().len(2n ** 62n, 64), new Uint8Array(3000).fill(2))],
    [
      'a list of a list count in a list count',
      listValue(
        counts.map((count) => new EncodedString(new ByteWriter().len(1).raw('x').len(count).toBytes().slice(0, 2))),
        { count: 2 ** 40 },
      ),
    ],
  ];

  it.each(bombs)('%s', (_name, bomb) => {
    for (const version of [bomb.typeCode < 29 ? 13 : 16]) {
      const file = new RdbBuilder({ version }).key('k', bomb).finish();
      for (const level of LEVELS) {
        const whole = bounded('bombs', () => readWhole(file, { level, mode: 'digest' }));
        expectTyped(whole);
        const split = bounded('bombs, byte by byte', () => readInSteps(file, 1, { level, mode: 'digest' }));
        expect(split).toEqual(whole);
        const log = new EventLog({ level, mode: 'digest' });
        expectTyped(
          bounded('bombs as payloads', () => outcomeOf(log, () => void readDump(dumpPayload(bomb, version), log))),
        );
      }
    }
  });

  const records: [string, Uint8Array][] = [
    ...counts.map((count): [string, Uint8Array] => [
      `AUX of ${count} bytes`,
      new RdbBuilder().raw(Uint8Array.of(250)).raw(claim(count).bytes).unfinished(),
    ]),
    ...counts.map((count): [string, Uint8Array] => [
      `a key of ${count} bytes`,
      new RdbBuilder().raw(Uint8Array.of(0)).raw(claim(count).bytes).unfinished(),
    ]),
    ...counts.map((count): [string, Uint8Array] => [
      `a function of ${count} bytes`,
      new RdbBuilder().raw(Uint8Array.of(245)).raw(claim(count).bytes).unfinished(),
    ]),
    ...counts.map((count): [string, Uint8Array] => [
      `a template of ${count} fields`,
      new RdbBuilder({ version: 15 }).hashTemplate(1, ['a', 'b'], Number(count)).unfinished(),
    ]),
    ...counts.map((count): [string, Uint8Array] => [
      `an import of ${count} slot ranges`,
      new RdbBuilder({ version: 80 })
        .raw(Uint8Array.of(243))
        .raw(new ByteWriter().str('job').len(count).toBytes())
        .raw(zeros)
        .unfinished(),
    ]),
    ...counts.map((count): [string, Uint8Array] => [
      `metadata of ${count} classes`,
      new RdbBuilder({ version: 13 })
        .raw(Uint8Array.of(243))
        .raw(new ByteWriter().len(count).toBytes())
        .raw(zeros)
        .unfinished(),
    ]),
    ...counts.map((count): [string, Uint8Array] => [
      `${count} paths`,
      new RdbBuilder({ version: 81 }).key('k', value(23, lens(count), zeros)).unfinished(),
    ]),
    ...counts.map((count): [string, Uint8Array] => [
      `${count} fields of a path`,
      new RdbBuilder({ version: 81 }).key('k', value(23, lens(1, 0, count), zeros)).unfinished(),
    ]),
    ...counts.map((count): [string, Uint8Array] => [
      `${count} fields of Valkey`,
      new RdbBuilder({ version: 80 }).key('k', value(22, lens(count), zeros)).unfinished(),
    ]),
    [
      'module data without an end',
      new RdbBuilder()
        .raw(Uint8Array.of(247))
        .raw(
          new ByteWriter()
            .len(2n ** 62n, 64)
            .len(2)
            .len(1)
            .raw(new Uint8Array(3000).fill(2))
            .toBytes(),
        )
        .unfinished(),
    ],
    ['nothing but lost attributes', new RdbBuilder().raw(new Uint8Array(100_000).fill(249)).unfinished()],
    [
      'nothing but databases',
      new RdbBuilder().raw(new Uint8Array(100_000).map((_, i) => (i % 2 === 0 ? 254 : 0))).unfinished(),
    ],
  ];

  it.each(records)('%s', (_name, file) => {
    for (const level of LEVELS) {
      const whole = bounded('bombs in records', () => readWhole(file, { level, mode: 'digest' }));
      expectTyped(whole);
      expect(whole.error).not.toBeNull();
      const split = bounded('bombs in records, byte by byte', () => readInSteps(file, 1, { level, mode: 'digest' }));
      expect(split).toEqual(whole);
    }
  });

  it('long names of groups out of few bytes', () => {
    // 100 KB of LZF stand for a name of 8.8 MB.
    const references = 33_000;
    const tokens = Uint8Array.from([
      0,
      0x61,
      ...new Array<readonly number[]>(references).fill(backReference(264, 1)).flat(),
    ]);
    const name = lzfTokens(tokens, 1 + 264 * references);
    const group = new ByteWriter()
      .str(name)
      .len(0)
      .len(0)
      .len(0)
      .len(0)
      .len(1)
      .str(name)
      .u64(0)
      .u64(0)
      .len(0)
      .toBytes();
    const other = new ByteWriter().str('g').len(0).len(0).len(0).len(0).len(0).toBytes();
    const file = new RdbBuilder().key('k', value(21, lens(0, 0, 0, 0, 0, 0, 0, 0, 0, 2), group, other)).finish();
    const found = bounded('long names', () => readWhole(file, { mode: 'digest' }));
    expect(found.error).toBeNull();
    const twice = new RdbBuilder().key('k', value(21, lens(0, 0, 0, 0, 0, 0, 0, 0, 0, 2), group, group)).finish();
    expect(bounded('long names', () => readWhole(twice, { mode: 'digest' })).error?.code).toBe('RDB_BAD_STREAM');
  });

  it('many strings of LZF at their most', () => {
    const tokens = Uint8Array.from([0, 0x61, ...new Array<readonly number[]>(4000).fill(backReference(264, 1)).flat()]);
    const element = lzfTokens(tokens, 1 + 264 * 4000);
    const file = new RdbBuilder().key('k', listValue(new Array<EncodedString>(60).fill(element))).finish();
    expect(bounded('LZF', () => readWhole(file, { level: 'logical', mode: 'digest' })).error).toBeNull();
  });
});

describe('mutations', () => {
  /** One of each data set and size. */
  function sample(vectors: readonly Vector[]): Vector[] {
    const seen = new Set<string>();
    return vectors.filter((vector) => {
      const bytes = vector.read();
      const shape = `${vector.name.split('/').at(-1)} ${bytes.toString('latin1', 0, 9)}`;
      if (bytes.length > 50_000 || seen.has(shape)) return false;
      seen.add(shape);
      return true;
    });
  }

  const BOLD = [0x00, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc3, 0xc4, 0xf0, 0xf4, 0xfb, 0xfe, 0xff];

  function mutate(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
    let out: Uint8Array = bytes.slice();
    for (let n = 1 + random(3); n > 0; n--) {
      const at = 9 + random(Math.max(1, out.length - 9));
      const count = 1 + random(random(4) === 0 ? 40 : 4);
      switch (random(6)) {
        case 0:
          out[at] = (out[at] ?? 0) ^ (1 << random(8));
          break;
        case 1:
          out[at] = BOLD[random(BOLD.length)] ?? 0;
          break;
        case 2:
          out[at] = random(256);
          break;
        case 3:
          out = concatBytes(out.subarray(0, at), out.subarray(at + count));
          break;
        case 4:
          out = concatBytes(
            out.subarray(0, at),
            Uint8Array.from({ length: count }, () => random(256)),
            out.subarray(at),
          );
          break;
        default:
          out = concatBytes(
            out.subarray(0, at),
            new ByteWriter().len(2n ** BigInt(random(64))).toBytes(),
            out.subarray(at),
          );
      }
    }
    return out;
  }

  const ROUNDS = 30;
  const files = sample(
    listVectors('test-vectors', 'corpus', 'peer-data').filter((vector) => vector.manifest?.state !== 'corrupt'),
  );

  it.each(eachVector(files))('%s', (name, vector) => {
    const bytes = new Uint8Array(vector.read());
    const random = randomFrom(SEED + [...name].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 0));
    for (let round = 0; round < ROUNDS; round++) {
      const damaged = mutate(bytes, random);
      const log: LogOptions = { level: LEVELS[round % LEVELS.length] ?? 'logical', mode: 'digest' };
      const options: RdbOptions = {
        checksum: false,
        strict: round % 5 === 4,
        ...(round % 3 === 0 ? { rawBytes: 1000, pieceBytes: 30 } : {}),
      };
      const started = process.cpuUsage();
      const whole = readWhole(damaged, log, options);
      const cuts = Array.from({ length: 1 + random(6) }, () => random(damaged.length + 1)).sort((a, b) => a - b);
      const split = readInChunks(damaged, cuts, log, options);
      const ms = cpuMs(started);
      const most = (worst.mutations ??= { ms: 0, allocation: 0, resident: 0 });
      most.ms = Math.max(most.ms, ms);
      expect(ms).toBeLessThan(2 * MOST_MS);
      expectTyped(whole);
      // A raw value that is too long is decoded as soon as that is seen, and may show another fault than the scan for its end.
      if (log.level === 'raw' && options.rawBytes !== undefined)
        expect(split.error === null).toBe(whole.error === null);
      else expect(sameError(split, whole), `${split.error?.message} / ${whole.error?.message}`).toBe(true);
    }
  });
});
