/** Lists, sets, sorted sets, hashes and arrays: variadic commands of bounded size. */
import { decimalLength, type Int64 } from '@rdbkit/bytes';
import { encodeBulks, encodeHead } from '@rdbkit/resp';
import { FieldExpiry } from './field-expiry.ts';
import type { Session } from './session.ts';

const RPUSH = encodeBulks('RPUSH');
const SADD = encodeBulks('SADD');
const ZADD = encodeBulks('ZADD');
const HSET = encodeBulks('HSET');
const HMSET = encodeBulks('HMSET');
const ARMSET = encodeBulks('ARMSET');
const ARSEEK = encodeHead(3, 'ARSEEK');

const SMALLEST_NORMAL = 2 ** -1022;

/** Name and key. */
const FIXED_ARGUMENTS = 2;

export class Aggregates {
  private readonly s: Session;
  private readonly expiry: FieldExpiry;
  private readonly batch: number;
  private readonly maxBytes: number;
  private readonly hset: Uint8Array;
  private readonly roundsSubnormals: boolean;

  private name: Uint8Array = RPUSH;
  private argumentsEach = 1;
  /** Elements that are still to come; a guess when the dump does not tell. */
  private expected = 0;
  private isOpen = false;
  /** Elements that the open command may still take. */
  private left = 0;
  /** Where the arguments of the open command begin, from its start. */
  private bodyAt = 0;
  private cursor: Int64 | null = null;
  /** Elements of the last value whose length was not told: the next one is likely to be alike. */
  private guess = 1;
  private isGuess = false;
  private elements = 0;
  /** Whether a score of −0 would be set, by a command that makes it 0, without having been spoken of. */
  private losesSign = false;
  /** Whether fields were left out because they have expired. */
  private hasDropped = false;

  constructor(session: Session) {
    this.s = session;
    this.expiry = new FieldExpiry(session);
    this.batch = session.options.batch;
    this.maxBytes = session.options.maxCommandBytes;
    this.hset = session.caps.hsetPairs ? HSET : HMSET;
    this.roundsSubnormals = !session.caps.subnormalScores;
  }

  private start(name: Uint8Array, argumentsEach: number, count: number): void {
    this.name = name;
    this.argumentsEach = argumentsEach;
    this.isGuess = count < 0;
    this.expected = this.isGuess ? this.guess : count;
    this.isOpen = false;
    this.left = 0;
    this.elements = 0;
    this.hasDropped = false;
    this.cursor = null;
  }

  startList(count: number): void {
    this.start(RPUSH, 1, count);
  }

  startSet(count: number): void {
    this.start(SADD, 1, count);
    this.expiry.start('set');
  }

  startZset(count: number): void {
    this.start(ZADD, 2, count);
    this.losesSign = this.s.caps.functions;
  }

  startHash(count: number): void {
    this.start(this.hset, 2, count);
    this.expiry.start('hash');
  }

  startArray(count: number, cursor: Int64 | null): void {
    this.start(ARMSET, 2, count);
    this.cursor = cursor;
  }

  /** An element of a list or set. */
  element(bytes: Uint8Array, start: number, end: number): void {
    const { out } = this.s;
    if (this.left === 0 || out.pos - out.openAt + (end - start) > this.maxBytes) this.next();
    this.left--;
    out.bulk(bytes, start, end);
  }

  /** A member of a set that expires by itself. */
  expiringMember(bytes: Uint8Array, start: number, end: number, recorded: Int64): void {
    const expireAtMs = this.expiry.accept(recorded);
    if (expireAtMs === undefined) {
      this.hasDropped = true;
      return;
    }
    this.element(bytes, start, end);
    if (expireAtMs === null) return;
    const { out } = this.s;
    const body = out.openAt + this.bodyAt;
    this.expiry.add(expireAtMs, out.pos - body - bulkBytes(end - start), out.pos - body);
  }

  member(bytes: Uint8Array, start: number, end: number, score: number): void {
    const { out } = this.s;
    if (this.left === 0 || out.pos - out.openAt + (end - start) > this.maxBytes) this.next();
    this.left--;
    if (score === 0 && this.losesSign && Object.is(score, -0)) this.noteSign();
    out.bulkDouble(this.roundsSubnormals ? this.rounded(score) : score);
    out.bulk(bytes, start, end);
  }

  private noteSign(): void {
    this.losesSign = false;
    this.s.note('SCORE_SIGN_LOST', 'a score of -0 becomes 0, only RESTORE keeps it');
  }

  private rounded(score: number): number {
    if (score === 0 || Math.abs(score) >= SMALLEST_NORMAL) return score;
    this.s.note('SCORE_ROUNDED', `the target refuses the score ${score}, it becomes 0`);
    return 0;
  }

  item(index: Int64, bytes: Uint8Array, start: number, end: number): void {
    const { out } = this.s;
    if (this.left === 0 || out.pos - out.openAt + (end - start) > this.maxBytes) this.next();
    this.left--;
    out.bulkInteger(index);
    out.bulk(bytes, start, end);
  }

  field(
    fieldBytes: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
    recorded: Int64 | null,
  ): void {
    const { out } = this.s;
    let expireAtMs = recorded;
    if (recorded !== null) {
      const accepted = this.expiry.accept(recorded);
      if (accepted === undefined) {
        this.hasDropped = true;
        return;
      }
      expireAtMs = accepted;
    }
    if (this.left === 0 || out.pos - out.openAt + (fieldEnd - fieldStart) + (valueEnd - valueStart) > this.maxBytes)
      this.next();
    this.left--;
    const at = out.pos;
    out.bulk(fieldBytes, fieldStart, fieldEnd);
    if (expireAtMs !== null) {
      const body = out.openAt + this.bodyAt;
      this.expiry.add(expireAtMs, at - body, out.pos - body);
    }
    out.bulk(valueBytes, valueStart, valueEnd);
  }

  /** Begins a command for the next elements. */
  private next(): void {
    const { s } = this;
    const { out } = s;
    if (this.isOpen) {
      this.close();
      s.checkpoint();
    } else {
      s.begin();
    }
    out.begin(FIXED_ARGUMENTS + Math.max(1, Math.min(this.batch, this.expected)) * this.argumentsEach);
    this.bodyAt = out.pos - out.openAt;
    out.raw(this.name);
    s.key();
    this.isOpen = true;
    this.left = this.batch;
  }

  private close(): void {
    const { out } = this.s;
    const count = this.batch - this.left;
    this.elements += count;
    this.expected -= count;
    const end = out.pos;
    const { openAt } = out;
    out.end(FIXED_ARGUMENTS + count * this.argumentsEach);
    // The head may have become longer or shorter.
    this.expiry.flush(openAt + this.bodyAt + out.pos - end);
    this.isOpen = false;
    this.left = 0;
  }

  /** After the last element. Returns false when nothing was written. */
  end(): boolean {
    const { s } = this;
    if (!this.isOpen) {
      if (this.hasDropped) {
        s.counts.expiredKeys++;
        s.note('FIELDS_EXPIRED', `all ${s.kind === 'set' ? 'members of the set' : 'fields of the hash'} have expired`);
      }
      return false;
    }
    this.close();
    if (this.isGuess) this.guess = this.elements;
    if (this.cursor !== null) {
      s.out.beginWith(ARSEEK);
      s.key();
      s.out.bulkInteger(next(this.cursor));
    }
    this.expiry.end();
    s.end('commands');
    return true;
  }
}

/** Bytes of a bulk string: `$`, length, CRLF, the bytes, CRLF. */
function bulkBytes(length: number): number {
  return length + decimalLength(length) + 5;
}

function next(index: Int64): Int64 {
  const sum = Number(index) + 1;
  return Number.isSafeInteger(sum) ? sum : BigInt(index) + 1n;
}
