/** What becomes of a field's own expiry. */
import type { Int64 } from '@rdbkit/bytes';
import type { Session } from './session.ts';

/** The target cannot hold this expiry: the field is written without. */
export const LOST = 0;

/** Fields' expiry times have 48 bits in files and payloads of Redis. */
export const MAX_PAYLOAD_MS: number = 2 ** 48 - 1;

/** Reports fields of a hash, or members of a set, that are written without their expiry. */
export function noteLost(s: Session, kind: 'hash' | 'set', count: number): void {
  if (kind === 'hash') s.note('FIELD_EXPIRY_LOST', `${count} fields lose their expiry, which the target cannot hold`);
  else s.note('MEMBER_EXPIRY_LOST', `${count} members lose their expiry, which the target cannot hold`);
}

/**
 * Judges the recorded expiry of a field.
 *
 * @param maxMs - The latest time that can be held; 0 when none can.
 * @returns A time above 0; `null` when the field shall have none; {@link LOST}; `undefined` when the field has expired and
 * is left out.
 */
export function judgeField(s: Session, recorded: Int64, maxMs: number): Int64 | null | undefined {
  const expireAtMs = s.shapeExpiry(recorded);
  if (expireAtMs === null) return null;
  if (s.hasExpired(expireAtMs)) {
    if (maxMs === 0 || s.options.expired === 'skip') return undefined;
    return expireAtMs > 0 ? expireAtMs : 1;
  }
  return expireAtMs > maxMs ? LOST : expireAtMs;
}
