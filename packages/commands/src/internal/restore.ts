/** `RESTORE`: a whole value in one command. */
import { type Dialect, DUMP_FOOTER_BYTES, valueType, writeDumpFooter, writeSummedDumpFooter } from '@rdbkit/rdb';
import { encodeBulks } from '@rdbkit/resp';
import type { Way } from '../counts.ts';
import type { Session } from './session.ts';

const RESTORE = encodeBulks('RESTORE');
const REPLACE = encodeBulks('REPLACE');
const ABSTTL = encodeBulks('ABSTTL');
const IDLETIME = encodeBulks('IDLETIME');
const FREQ = encodeBulks('FREQ');
const ZERO = encodeBulks('0');

/** `RESTORE`, key, ttl, payload. */
const FIXED_ARGUMENTS = 4;

/** Redis 2.6 to 3.0 take this version and no other, everyone else takes it too. */
const LOWEST_PAYLOAD = 6;
/** First version whose payloads may begin with KEY_META. */
const METADATA_PAYLOAD = 13;

/**
 * The version to put into a payload's footer: the lowest one that has the type. Servers only compare it with their own;
 * what they can read depends on the type code alone.
 */
function payloadVersion(typeCode: number, dialect: Dialect): number {
  return Math.max(LOWEST_PAYLOAD, valueType(typeCode, dialect)?.since ?? 0);
}

/** Keeps the key from being evicted. */
const STICK = encodeBulks('STICK');

/**
 * Writes `RESTORE` for the key in the session with the value `bytes[start, end)`.
 *
 * @param asStored - The value and its type are those of the dump, so that its checksum may be known.
 */
export function writeRestore(
  s: Session,
  typeCode: number,
  dialect: Dialect,
  bytes: Uint8Array,
  start: number,
  end: number,
  way: Way,
  asStored = false,
): void {
  const { out, caps, expireAtMs } = s;
  const { existing } = s.options;
  const metadata = caps.keyMetadata ? s.metadata : null;
  if (s.metadata !== null && metadata === null)
    s.note('KEY_METADATA_LOST', 'data that a module attached to the key is lost, the target takes none');
  const expiresLater = expireAtMs !== null && !caps.restoreOptions;
  const hasReplace = existing === 'replace' && caps.restoreReplace;
  if (existing === 'keep' && expiresLater) {
    s.beginOverwriting();
  } else {
    s.select();
    if (existing === 'keep')
      s.noteOnce('BUSYKEY_ANSWERS', 'RESTORE answers BUSYKEY for each key that the target has already');
    else if (existing === 'replace' && !hasReplace) s.del();
  }
  const { idleSeconds, freq } = s;
  const isSticky = s.isSticky && caps.sticky;
  const hasUsage = idleSeconds !== null || freq !== null;
  if (hasUsage && !caps.restoreOptions) noteUsageLost(s);

  out.begin(
    FIXED_ARGUMENTS +
      (hasReplace ? 1 : 0) +
      (expireAtMs !== null && !expiresLater ? 1 : 0) +
      (hasUsage && caps.restoreOptions ? 2 : 0) +
      (isSticky ? 1 : 0),
  );
  out.raw(RESTORE);
  s.key();
  if (expireAtMs === null || expiresLater) out.raw(ZERO);
  else s.positiveTime(expireAtMs);

  const metadataBytes = metadata?.length ?? 0;
  out.bulkStart(metadataBytes + 1 + (end - start) + DUMP_FOOTER_BYTES);
  out.reserve(metadataBytes + 1 + (end - start) + DUMP_FOOTER_BYTES);
  const from = out.pos;
  if (metadata !== null) out.raw(metadata);
  out.bytes[out.pos++] = typeCode;
  out.copy(bytes, start, end);
  // Dragonfly looks at the type alone, and takes newer ones in payloads of its own version.
  const version = Math.min(caps.payloadVersion, payloadVersion(typeCode, dialect));
  const { valueSums } = s.options;
  if (metadata !== null) {
    out.pos = writeDumpFooter(out.bytes, out.pos, from, Math.max(version, METADATA_PAYLOAD));
  } else if (asStored && valueSums?.find(s.keyNumber, typeCode, end - start) === true) {
    out.pos = writeSummedDumpFooter(out.bytes, out.pos, valueSums.lo, valueSums.hi, version);
  } else {
    out.pos = writeDumpFooter(out.bytes, out.pos, from, version);
  }
  out.bulkEnd();

  if (hasReplace) out.raw(REPLACE);
  if (expireAtMs !== null && !expiresLater) out.raw(ABSTTL);
  if (hasUsage && caps.restoreOptions) {
    out.raw(idleSeconds === null ? FREQ : IDLETIME);
    out.bulkInteger(idleSeconds ?? freq ?? 0);
  }
  if (isSticky) {
    out.raw(STICK);
    s.isSticky = false;
  }
  if (expiresLater) s.end(way);
  else s.written(way);
}

/** Reports what only `RESTORE` of 5.0 and later can tell. */
export function noteUsageLost(s: Session): void {
  s.noteOnce('USAGE_LOST', 'idle times and frequencies of use are lost: only RESTORE of 5.0 and later takes them');
}
