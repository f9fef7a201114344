/** Expiry of single fields and members: told to the target after the command that wrote them. */
import type { Int64 } from '@rdbkit/bytes';
import { encodeBulks, encodeHead } from '@rdbkit/resp';
import { judgeField, LOST, noteLost } from './field-policy.ts';
import type { Session } from './session.ts';

const HPEXPIREAT = encodeBulks('HPEXPIREAT');
const HEXPIRE = encodeBulks('HEXPIRE');
const FIELDS = encodeBulks('FIELDS');
const PEXPIREMEMBERAT = encodeHead(4, 'PEXPIREMEMBERAT');

/** Redis refuses a later time in HPEXPIREAT, though not in RESTORE: a quarter of what 48 bits hold, the year 4199. */
const MAX_HPEXPIREAT_MS = 2 ** 46 - 1;

export class FieldExpiry {
  private readonly s: Session;
  /** The fields of the open command that expire: their times, and where their bulk strings are, from the end of its head. */
  private readonly times: Int64[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  /** Fields of the key that lost their expiry. */
  private lost = 0;
  private kind: 'hash' | 'set' = 'hash';
  private maxMs = 0;

  constructor(session: Session) {
    this.s = session;
  }

  start(kind: 'hash' | 'set'): void {
    const { fieldExpiry, memberExpiry, target } = this.s.caps;
    const way = kind === 'hash' ? fieldExpiry : memberExpiry;
    this.maxMs = way === 'none' ? 0 : target.flavour === 'redis' ? MAX_HPEXPIREAT_MS : Number.MAX_SAFE_INTEGER;
    this.kind = kind;
    this.lost = 0;
    this.clear();
  }

  /** The expiry to give to a field; `null` for none, `undefined` when the field has expired and is left out. */
  accept(recorded: Int64): Int64 | null | undefined {
    const { s } = this;
    const judged = judgeField(s, recorded, this.maxMs);
    if (judged === undefined) {
      s.counts.expiredFields++;
      return undefined;
    }
    if (judged === LOST) {
      this.lost++;
      return null;
    }
    if (judged !== null && s.options.existing === 'keep' && s.hasExpired(judged)) {
      s.counts.expiredFields++;
      s.note('EXPIRED_NOT_BUILT', 'an expired field is not written: it would vanish before the key has its name');
      return undefined;
    }
    return judged;
  }

  /** A field's bulk string stands at `[start, end)` from the end of the open command's head. */
  add(expireAtMs: Int64, start: number, end: number): void {
    this.times.push(expireAtMs);
    this.starts.push(start);
    this.ends.push(end);
  }

  /** After a command whose arguments begin at `bodyAt` in the output. */
  flush(bodyAt: number): void {
    const { times } = this;
    if (times.length === 0) return;
    const order = Array.from(times.keys());
    if (times.some((time) => time !== times[0])) {
      order.sort((a, b) => {
        const [x, y] = [times[a] as Int64, times[b] as Int64];
        return x < y ? -1 : x > y ? 1 : a - b;
      });
    }
    if (this.s.caps.fieldExpiry === 'pexpirememberat') this.eachByItself(order, bodyAt);
    else this.grouped(order, bodyAt);
    this.clear();
  }

  private grouped(order: readonly number[], bodyAt: number): void {
    const { s, times } = this;
    const { out } = s;
    for (let from = 0; from < order.length; ) {
      const time = times[order[from] as number] as Int64;
      let to = from + 1;
      while (to < order.length && times[order[to] as number] === time) to++;
      out.begin(5 + to - from);
      if (s.caps.fieldExpiry === 'hexpire') {
        s.noteOnce(
          'FIELD_EXPIRY_ROUNDED',
          'expiries of hash fields are whole seconds from the time of writing at this target',
        );
        out.raw(HEXPIRE);
        s.key();
        out.bulkInteger(Math.max(1, Math.ceil((Number(time) - s.options.now) / 1000)));
      } else {
        out.raw(HPEXPIREAT);
        s.key();
        out.bulkInteger(time);
      }
      out.raw(FIELDS);
      out.bulkInteger(to - from);
      for (; from < to; from++) this.field(order[from] as number, bodyAt);
    }
  }

  private eachByItself(order: readonly number[], bodyAt: number): void {
    const { s, times } = this;
    for (const i of order) {
      s.out.beginWith(PEXPIREMEMBERAT);
      s.key();
      this.field(i, bodyAt);
      s.out.bulkInteger(times[i] as Int64);
    }
  }

  private field(i: number, bodyAt: number): void {
    const { out } = this.s;
    out.copy(out.bytes, bodyAt + (this.starts[i] as number), bodyAt + (this.ends[i] as number));
  }

  /** At the end of the key. */
  end(): void {
    if (this.lost === 0) return;
    noteLost(this.s, this.kind, this.lost);
    this.lost = 0;
  }

  private clear(): void {
    // To set a length is a call into the engine, and nearly all hashes have no such fields.
    if (this.times.length === 0) return;
    this.times.length = 0;
    this.starts.length = 0;
    this.ends.length = 0;
  }
}
