// Every recorded log, cut at every position, and split at every position.
import type { Buffer } from 'node:buffer';
import { RdbTruncatedError } from '@rdbkit/rdb';
import { eachLog, listLogs } from '@rdbkit/testkit';
import { describe, expect, it, vi } from 'vitest';
import { readPieces } from '../testing/logs.ts';
import { AofTruncatedError } from './errors.ts';
import { AofReader } from './reader.ts';
import { type AofFileSummary, AofVisitorBase } from './visitor.ts';

vi.setConfig({ testTimeout: 300_000 });

/** The other form of the same fault is looked at in some places only. */
const ERRORS_EVERY = 16;

const logs = listLogs('test-vectors', 'corpus');

/** Where something ends in a file, told by other means than the reader's. */
interface Border {
  readonly at: number;
  /** Whether all up to here takes effect when the file ends here. */
  readonly isGood: boolean;
}

/** The ends of commands and annotations behind the RDB part. */
function bordersOf(bytes: Buffer, start: number): Border[] {
  const text = bytes.toString('latin1');
  const borders: Border[] = [{ at: start, isGood: true }];
  let isInside = false;
  for (let at = start; at < text.length; ) {
    const line = text.slice(at, text.indexOf('\n', at) + 1);
    at += line.length;
    if (line.startsWith('#')) {
      borders.push({ at, isGood: !isInside });
      continue;
    }
    const args: string[] = [];
    for (let i = 0; i < Number(line.slice(1)); i++) {
      const head = text.slice(at, text.indexOf('\n', at) + 1);
      const length = Number(head.slice(1));
      args.push(text.slice(at + head.length, at + head.length + length));
      at += head.length + length + 2;
    }
    const name = args[0]?.toUpperCase();
    if (name === 'MULTI') isInside = true;
    if (name === 'EXEC') isInside = false;
    borders.push({ at, isGood: !isInside });
  }
  return borders;
}

/** What reading the first bytes of a file comes to. */
function readHead(bytes: Uint8Array, tail: 'cut' | 'error'): AofFileSummary | Error {
  const reader = new AofReader(new AofVisitorBase(), { tail });
  try {
    reader.push(bytes);
    return reader.finish();
  } catch (error) {
    return error as Error;
  }
}

describe('cut at every position', () => {
  it.each(eachLog(logs))('%s', (_name, log) => {
    for (const [name, bytes] of Object.entries(log.files())) {
      if (name.endsWith('.manifest')) continue;
      const whole = readHead(bytes, 'cut') as AofFileSummary;
      const start = whole.rdb?.bytes ?? 0;
      for (let length = 1; length < start; length++)
        if (!(readHead(bytes.subarray(0, length), 'cut') instanceof RdbTruncatedError))
          expect.unreachable(`${name} cut at ${length}`);

      const borders = bordersOf(bytes.subarray(0, whole.goodBytes), start);
      expect(borders.at(-1)?.at).toBe(whole.goodBytes);
      let next = 0;
      let good = start;
      for (let length = start; length <= whole.goodBytes; length++) {
        if (length === borders[next]?.at) {
          const border = borders[next++];
          // Annotations belong to the good part only when nothing incomplete follows them.
          if (border.isGood && isCommandEnd(bytes, borders, next - 1)) good = length;
          const found = readHead(bytes.subarray(0, length), 'cut') as AofFileSummary;
          const wanted = {
            goodBytes: border.isGood ? length : good,
            reason: border.isGood ? undefined : 'transaction',
          };
          expect({ goodBytes: found.goodBytes, reason: found.cut?.reason }, `${name} cut at ${length}`).toEqual(wanted);
          continue;
        }
        const isInAnnotation = bytes[borders[next - 1]?.at ?? 0] === 0x23;
        const isOpen = borders[next - 1]?.isGood === false;
        const found = readHead(bytes.subarray(0, length), 'cut') as AofFileSummary;
        const reason = isInAnnotation ? (isOpen ? 'transaction' : undefined) : 'command';
        if (found.goodBytes !== good || found.cut?.reason !== reason)
          expect({ goodBytes: found.goodBytes, reason: found.cut?.reason }, `${name} cut at ${length}`).toEqual({
            goodBytes: good,
            reason,
          });
        if (length % ERRORS_EVERY !== 0) continue;
        const error = readHead(bytes.subarray(0, length), 'error');
        if (
          reason === undefined
            ? error instanceof Error
            : !(error instanceof AofTruncatedError && error.goodBytes === good)
        )
          expect.unreachable(`${name} cut at ${length} is ${error instanceof Error ? error.message : 'fine'}`);
      }
    }
  });
});

/** Whether the border is the end of a command, or of the RDB part. */
function isCommandEnd(bytes: Buffer, borders: readonly Border[], i: number): boolean {
  const before = borders[i - 1];
  return before === undefined || bytes[before.at] !== 0x23;
}

/** One log of each shape, of servers that differ. */
const various = logs.filter(({ name }) =>
  /redis-3\.2\.13|redis-5\.0\.14|redis-7\.0\.15|redis-8\.8|valkey-9\.1\.0|keydb/.test(name),
);

describe('split at every position', () => {
  it.each(eachLog(various))('%s', (_name, log) => {
    for (const [name, bytes] of Object.entries(log.files())) {
      if (name.endsWith('.manifest')) continue;
      // Long enough for most arguments to be gathered, short enough for some commands to be passed on in pieces.
      const options = { commandBytes: 400 };
      const { calls, copied } = readPieces([bytes], options);
      const step = bytes.length > 6000 ? 41 : 1;
      for (let at = 1; at < bytes.length; at += step) {
        const found = readPieces([bytes.subarray(0, at), bytes.subarray(at)], options);
        if (!found.copied.equals(copied) || found.calls.join('\n') !== calls.join('\n'))
          expect(found.calls, `${name} split at ${at}`).toEqual(calls);
      }
    }
  });
});
