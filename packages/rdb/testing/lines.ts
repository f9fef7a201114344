/**
 * What a file reads as, however it is cut into chunks.
 *
 * @module
 */
import { expect } from 'vitest';
import type { RdbOptions } from '../src/options.ts';
import { readInSteps, readWhole } from './event-log.ts';

/** The lines of the log; that of another cut into chunks must be the same. */
export function linesOf(bytes: Uint8Array, options: RdbOptions = {}): string[] {
  const whole = readWhole(bytes, {}, options);
  expect(readInSteps(bytes, 1, {}, options)).toEqual(whole);
  if (whole.error !== null) throw whole.error;
  return whole.events.split('\n');
}

/** The same error must come at every level and cut into chunks. */
export function errorOf(
  bytes: Uint8Array,
  options: RdbOptions = {},
): { code: string; offset: number; message: string; error: Error } {
  const { error } = readWhole(bytes, {}, options);
  if (error === null) throw new Error('no error');
  expect(readInSteps(bytes, 1, {}, options).error).toEqual(error);
  return { code: error.code, offset: error.offset, message: error.message, error };
}
