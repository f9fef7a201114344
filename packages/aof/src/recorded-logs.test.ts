// Logs that real servers wrote, and what servers make of those in other projects' tests.
import { Buffer } from 'node:buffer';
import { RdbTruncatedError } from '@rdbkit/rdb';
import { eachLog, type LogCase, listLogCases, listLogs, listPeerLogs, type PeerLog } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { CallLog, MemoryDirectory, read } from '../testing/logs.ts';
import { type AofReport, checkAof } from './check.ts';
import { AofError } from './errors.ts';
import { openAof } from './open.ts';
import type { AofReadOptions } from './options.ts';
import { readAof } from './read.ts';

const logs = listLogs('test-vectors', 'corpus');

describe('a log of a server', () => {
  it.each(eachLog(logs))('%s', async (_name, log) => {
    const { meta } = log.expected();
    const files = log.files();
    const visitor = new CallLog();
    const set = await openAof(new MemoryDirectory(files, 1));
    const summary = await readAof(set, visitor);
    expect(summary.cut === null).toBe(meta.cut === null);
    expect(summary.cut?.openTransaction ?? false).toBe(meta.cut === 'transaction');
    expect(visitor.calls.filter((call) => / warning /.test(call))).toEqual([]);
    expect(set.segments.map(({ name }) => Buffer.from(name ?? '').toString())).toEqual(
      meta.files.filter((file) => !file.endsWith('.manifest')).map((file) => file.replace(/^.*\//, '')),
    );

    // What came out is the log, byte for byte, as far as it is complete.
    const logged = summary.segments.map(({ segment, summary: { goodBytes, rdb } }) => {
      const name = Buffer.from(segment.name ?? '').toString();
      return (files[name] ?? files[`appendonlydir/${name}`])?.subarray(rdb?.bytes ?? 0, goodBytes) ?? Buffer.of(0);
    });
    const copied = withoutAnnotations(Buffer.concat(visitor.copied));
    const wanted = withoutAnnotations(Buffer.concat(logged));
    // Of a transaction without end, commands have come out too.
    expect(copied.subarray(0, wanted.length).equals(wanted)).toBe(true);
    expect(copied.length > wanted.length).toBe(meta.cut === 'transaction');

    const report = await checkAof(set);
    expect(report.verdict).toBe(meta.cut === null ? 'sound' : 'cut');
    expect(report.goodUpTo).toEqual(summary.goodUpTo);
    const again = new CallLog();
    await readAof(await openAof(new MemoryDirectory(files, 1 << 20)), again);
    expect(again.calls).toEqual(visitor.calls);
  });

  it('is there in every shape', () => {
    const names = new Set(logs.map(({ name }) => name.replace(/^.*\//, '')));
    for (const name of [
      'plain',
      'rewritten',
      'preamble',
      'timestamps',
      'during-rewrite',
      'cut-transaction',
      'preamble-cut',
    ])
      expect(names).toContain(`aof-${name}`);
  });
});

function withoutAnnotations(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(/^#TS:\d+\r\n/gm, ''), 'latin1');
}

/** Streams that clients sent are no logs: only their framing is that of one. */
const isStream = ({ manifest }: PeerLog): boolean => manifest.kind === 'resp-stream';
const peers = listPeerLogs().filter((peer) => !isStream(peer));
const streams = listPeerLogs().filter(isStream);

describe('a log of another project', () => {
  it.skipIf(peers.length === 0)('is at hand', () => {
    expect(peers.length).toBeGreaterThan(20);
  });

  const stateOf = ({ manifest }: PeerLog): string => manifest.state ?? '';
  const hasBareLf = ({ manifest }: PeerLog): boolean => /bare-lf/.test(manifest.exercises ?? '');

  it.each(eachLog(peers.filter((peer) => stateOf(peer) === 'good')))('%s', (_name, peer) => {
    const { error, calls, summary } = read(peer.read(), { tail: 'error' });
    expect(error).toBeNull();
    const [, count] = /^(?:preamble keys=\d+, tail )?commands=(\d+)$/.exec(peer.manifest.count ?? '') ?? [];
    expect(summary?.commands).toBe(Number(count));
    expect(calls.filter((call) => / warning /.test(call))).toEqual([]);
    const keys = /keys=(\d+)/.exec(peer.manifest.count ?? '')?.[1];
    expect(summary?.rdb?.keys).toBe(keys === undefined ? undefined : Number(keys));
  });

  it.each(eachLog(peers.filter((peer) => stateOf(peer) === 'truncated')))('%s is cut', (_name, peer) => {
    const { summary } = read(peer.read());
    expect(`commands=${summary?.commands}`).toBe(peer.manifest.count);
    expect(summary?.cut?.reason).toBe('command');
  });

  it.each(eachLog(peers.filter((peer) => stateOf(peer) === 'corrupt' && hasBareLf(peer))))(
    '%s has lost its line ends',
    (_name, peer) => {
      const { error } = read(peer.read());
      expect(error).toMatchObject({ code: 'AOF_BAD_COMMAND', offset: 0 });
    },
  );

  it.each(eachLog(peers.filter((peer) => stateOf(peer) === 'corrupt' && !hasBareLf(peer))))(
    '%s is damaged',
    (_name, peer) => {
      const { error, summary, calls } = read(peer.read());
      expect(summary).toBeNull();
      expect(error).toBeInstanceOf(AofError);
      const offset = /at (\d+) b'/.exec(peer.manifest.outcome ?? '')?.[1];
      expect(error?.offset).toBe(Number(offset));
      expect(`commands=${calls.length}`).toBe(peer.manifest.count);
    },
  );
});

describe('a stream of commands of another project', () => {
  it.skipIf(streams.length === 0)('is at hand', () => {
    expect(streams.length).toBeGreaterThan(50);
  });

  it.each(eachLog(streams.filter(({ manifest }) => manifest.state === 'good')))('%s', (_name, peer) => {
    // DISCARD and RESET end transactions too, but never stand in a log.
    const { error, calls } = read(peer.read(), { lenient: true });
    expect(error).toBeNull();
    const commands = calls.filter((call) => /^@\d+ (?:other|select|multi|exec|warning AOF_BAD_TRANSACTION)/.test(call));
    expect(`commands=${commands.length}`).toBe(peer.manifest.count);
  });

  it.each(eachLog(streams.filter(({ manifest }) => manifest.state !== 'good')))('%s is damaged', (_name, peer) => {
    expect(read(peer.read()).error).toMatchObject({ code: 'AOF_BAD_COMMAND', offset: 0 });
  });
});

/** Of these, servers refuse commands: not how they are logged. */
const REFUSED_COMMANDS = /unknown command|wrong number of arguments/i;

async function judge(one: LogCase): Promise<AofReport | Error> {
  const [, corruptTailBytes = '0'] = /aof-load-corrupt-tail-max-size (\d+)/.exec(one.serverOptions) ?? [];
  const options: AofReadOptions = {
    lenient: true,
    corruptTailBytes: Number(corruptTailBytes),
    tail: /aof-load-truncated no/.test(one.serverOptions) ? 'error' : 'cut',
  };
  try {
    return await checkAof(await openAof(new MemoryDirectory(one.files)), options);
  } catch (error) {
    return error as Error;
  }
}

describe('what servers make of a set of files', () => {
  const cases = listLogCases();

  it.each(eachLog(cases))('%s', async (_name, one) => {
    const found = await judge(one);
    const verdict = found instanceof Error ? 'damaged' : found.verdict;
    const error = found instanceof Error ? found : found.error;
    const servers = Object.values(one.measured);
    expect(servers.length).toBeGreaterThan(0);
    for (const { loaded, refused, checkCode } of servers) {
      const words = refused?.join('\n') ?? '';
      const isRefused = refused !== null && !REFUSED_COMMANDS.test(words);
      expect(verdict === 'damaged', words).toBe(isRefused);
      // A log without end is loaded, and called invalid by the check tool.
      if (loaded !== null && checkCode !== 0 && !/interrupted upgrade/.test(one.name)) expect(verdict).toBe('cut');
      if (loaded !== null && checkCode === 0) expect(verdict).toBe('sound');
      expect(reasonOf(error)).toMatch(wantedReason(words));
    }
  });

  it.skipIf(cases.length === 0)('lets the strict reader say what the check tools say', async () => {
    for (const one of cases) {
      // They look at one file, and do not know the rules of an upgrade or of an empty manifest.
      if (/upgrade|manifest file is empty/.test(one.name)) continue;
      const directory = new MemoryDirectory(one.files);
      const found = await openAof(directory).then(
        (set) => checkAof(set),
        (error: unknown) => error as Error,
      );
      const isSound = !(found instanceof Error) && found.verdict === 'sound';
      for (const { checkCode } of Object.values(one.measured)) expect(isSound, one.name).toBe(checkCode === 0);
    }
  });
});

/** Where and why, in words that can be compared. */
function reasonOf(error: (Error & { code?: string; offset?: number; goodBytes?: number }) | null): string {
  return error === null ? '' : `${error.code} at ${error.offset} good ${error.goodBytes ?? '-'}`;
}

/** The reason that a server's words stand for. */
function wantedReason(words: string): RegExp {
  const [, offset] = /Bad file format.* at offset (\d+)/.exec(words) ?? [];
  if (offset !== undefined) return new RegExp(`^AOF_BAD_\\w+ at ${offset} `);
  // Servers do not say what was wrong in a file that is not the last, only up to where it was good.
  const [, truncated] = /Truncating the AOF .* at offset (\d+)/.exec(words) ?? [];
  if (truncated !== undefined)
    return new RegExp(`^AOF_\\w+ at ${truncated} |^AOF_OPEN_MULTI at \\d+ good ${truncated}`);
  if (/No such file/.test(words)) return /^AOF_MISSING_FILE /;
  if (/empty AOF manifest/.test(words)) return /^AOF_MANIFEST_EMPTY /;
  if (/too long line/.test(words)) return /^AOF_MANIFEST_LINE /;
  if (/Unknown AOF file type/.test(words)) return /^AOF_MANIFEST_TYPE /;
  if (/Invalid AOF manifest file format/.test(words)) return /^AOF_MANIFEST_FORMAT /;
  return REFUSED_COMMANDS.test(words) || words === '' ? /^$/ : /^no such reason/;
}

it('a base that is cut off is damage', () => {
  expect(read(Buffer.from('REDIS0011')).error).toBeInstanceOf(RdbTruncatedError);
});
