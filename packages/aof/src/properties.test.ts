// What holds for every log.
import { Buffer } from 'node:buffer';
import { DataError } from '@rdbkit/bytes';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { bytesOf, command, type Outcome, read, readPieces } from '../testing/logs.ts';

vi.setConfig({ testTimeout: 60_000 });

/** One thing in a log, with what the reader should say of it. */
interface Item {
  readonly text: string;
  readonly args: readonly string[] | null;
  readonly timestamp: number | null;
}

const argument = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
  { weight: 1, arbitrary: fc.constantFrom('*1\r\n', '$3\r\n', '\r\n', '#TS:1\r\n', 'MULTI', 'x'.repeat(300)) },
);

const isOrdinary = ([name = '']: readonly string[]): boolean => !/^(?:select|multi|exec)$/i.test(name);

function itemOf(...args: readonly string[]): Item {
  return { text: command(...args.map(bytesOf)), args, timestamp: null };
}

const ordinary = fc
  .array(argument, { minLength: 1, maxLength: 8 })
  .filter(isOrdinary)
  .map((args) => itemOf(...args));
const select = fc
  .tuple(fc.constantFrom('SELECT', 'select', 'Select'), fc.nat(20))
  .map(([name, db]) => itemOf(name, `${db}`));
const stamp = fc.nat(2_000_000_000).map((timestamp): Item => ({ text: `#TS:${timestamp}\r\n`, args: null, timestamp }));
const remark = fc
  .string({ unit: 'grapheme-ascii', maxLength: 20 })
  .filter((text) => !text.startsWith('TS:'))
  .map((text): Item => ({ text: `#${text}\n`, args: null, timestamp: null }));
const step = fc.oneof({ weight: 8, arbitrary: ordinary }, { weight: 2, arbitrary: select }, stamp, remark);
const transaction = fc.array(step, { maxLength: 6 }).map((items) => [itemOf('MULTI'), ...items, itemOf('exec')]);
const log = fc
  .array(fc.oneof({ weight: 5, arbitrary: step.map((item) => [item]) }, transaction), { maxLength: 25 })
  .map((groups) => groups.flat());

/** The calls that the items should lead to. */
function modelOf(items: readonly Item[]): string[] {
  let at = 0;
  let db = 0;
  let time: number | null = null;
  let isInside = false;
  const calls: string[] = [];
  for (const { text, args, timestamp } of items) {
    if (args === null) {
      if (timestamp !== null) time = timestamp;
      calls.push(`@${at} annotation ${timestamp} ${text.trimEnd().length > 0 ? text.replace(/\r?\n$/, '') : ''}`);
    } else {
      const kind = isOrdinary(args) ? 'other' : (args[0] ?? '').toLowerCase();
      if (kind === 'multi') isInside = true;
      calls.push(`@${at} ${kind} db${db} ts${time}${isInside ? ' in-transaction' : ''} ${JSON.stringify(args)}`);
      if (kind === 'select') db = Number(args[1]);
      if (kind === 'exec') isInside = false;
    }
    at += text.length;
  }
  return [...calls, `end ${at}/${at}`];
}

const pieceLengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });

/** Pieces of these lengths, over and over. */
function split(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const textOf = (items: readonly Item[]): string => items.map(({ text }) => text).join('');
const commandsOf = (items: readonly Item[]): string =>
  items.flatMap(({ text, args }) => (args === null ? [] : [text])).join('');

describe('a log', () => {
  it('is read as it was written, however it is split', () => {
    fc.assert(
      fc.property(log, pieceLengths, (items, lengths) => {
        const bytes = bytesOf(textOf(items));
        const { calls, copied } = readPieces(split(bytes, lengths));
        expect(calls).toEqual(modelOf(items));
        expect(copied.toString('latin1')).toBe(commandsOf(items));
        expect(read(bytes).calls).toEqual(calls);
      }),
      { numRuns: 300 },
    );
  });

  it('can be copied whatever is gathered of it', () => {
    fc.assert(
      fc.property(log, pieceLengths, fc.integer({ min: 1, max: 200 }), (items, lengths, commandBytes) => {
        const bytes = bytesOf(textOf(items));
        const { copied, calls, error } = readPieces(split(bytes, lengths), { commandBytes, lenient: true });
        // A MULTI that is too long to be gathered has no effect, so that its EXEC is left out.
        if (!calls.some((call) => / warning /.test(call))) expect(copied.toString('latin1')).toBe(commandsOf(items));
        expect(error).toBeNull();
        expect(read(bytes, { commandBytes, lenient: true }).calls).toEqual(calls);
      }),
      { numRuns: 300 },
    );
  });

  it('stops at the first later annotation', () => {
    fc.assert(
      fc.property(log, fc.nat(2_000_000_000), pieceLengths, (items, until, lengths) => {
        const { calls, summary } = readPieces(split(bytesOf(textOf(items)), lengths), { until });
        const later = items.findIndex(({ timestamp }) => timestamp !== null && timestamp > until);
        const kept = later < 0 ? items : items.slice(0, later);
        const wanted = modelOf(kept).slice(0, -1);
        expect(calls.slice(0, wanted.length)).toEqual(wanted);
        expect(calls.length).toBe(wanted.length + (later < 0 ? 1 : 2));
        expect(summary?.stop?.offset).toBe(later < 0 ? undefined : textOf(kept).length);
      }),
      { numRuns: 300 },
    );
  });

  it('with other bytes in it is valid or ends in an error of its own, in bounded time', () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      byte: fc.nat(255),
      isInserted: fc.boolean(),
    });
    fc.assert(
      fc.property(
        log,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        pieceLengths,
        fc.boolean(),
        (items, changes, lengths, lenient) => {
          let bytes = bytesOf(textOf(items));
          for (const { at, byte, isInserted } of changes) {
            const place = Math.floor(at * bytes.length);
            bytes = Uint8Array.of(...bytes.subarray(0, place), byte, ...bytes.subarray(place + (isInserted ? 0 : 1)));
          }
          const started = performance.now();
          const whole = read(bytes, { lenient });
          const inPieces = readPieces(split(bytes, lengths), { lenient });
          expect(performance.now() - started).toBeLessThan(2000);
          for (const { error } of [whole, inPieces]) if (error !== null) expect(error).toBeInstanceOf(DataError);
          expect(inPieces.calls).toEqual(whole.calls);
          expect(placeOf(inPieces)).toBe(placeOf(whole));
          if (whole.error === null) expect(inPieces.copied.equals(whole.copied)).toBe(true);
        },
      ),
      { numRuns: 600 },
    );
  });
});

function placeOf({ error }: Outcome): string {
  return `${error?.code} ${error?.offset}`;
}
