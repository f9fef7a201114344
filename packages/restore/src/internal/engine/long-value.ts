/**
 * A value too long to be held as a whole: its commands are sent a piece at a time, under a name of ours, and each piece is answered
 * before the next one goes. After an outage the target is asked how much of the value it has.
 */
import { encodeHead, replyText } from '@rdbkit/resp';
import { classifyReply } from '../../reply-class.ts';
import { ConnectionLost } from './bulk-exchange.ts';
import { argumentAt, argumentCount, bulkAt, commandEnd } from './command-view.ts';
import { deleteCommand } from './compose.ts';
import type { Lane } from './lane.ts';
import { EXISTING, FAILED, REPLACED, RESTORED, SKIPPED } from './unit-table.ts';

const MULTI = encodeHead(1, 'MULTI');
const EXEC = encodeHead(1, 'EXEC');

/** How to learn the length of a value, by the name of the commands that build it; and arguments for each element. */
const LENGTHS: Readonly<Record<string, readonly [command: string, argumentsEach: number]>> = {
  RPUSH: ['LLEN', 1],
  SADD: ['SCARD', 1],
  ZADD: ['ZCARD', 2],
  HSET: ['HLEN', 2],
  HMSET: ['HLEN', 2],
  SET: ['STRLEN', 0],
  APPEND: ['STRLEN', 0],
};

/** Sending these twice changes the value, hence they go in transactions: a piece is there as a whole or not at all. */
const ORDERED: ReadonlySet<string> = new Set(['LLEN', 'STRLEN']);

/** What a stream says to what it has already. */
const HAS_IT = /^BUSYGROUP|equal or smaller than the target stream|smaller than the target stream top item/;

/** What a long value needs of the whole. */
export interface LongValueHost {
  readonly existing: 'replace' | 'skip' | 'fail';
  mayExist(lane: Lane, db: number): boolean;
  /** The lane of the key's slot now, after its shard has lost it. */
  laneOf(key: Uint8Array): Lane;
  readonly canTransact: boolean;
  readonly isStopped: boolean;
  refusedAll(lane: Lane, text: string): void;
  redirected(lane: Lane, text: string): void;
}

/** What became of the value. */
export interface LongOutcome {
  readonly outcome: number;
  readonly reason: string | null;
}

export class LongValue {
  private readonly host: LongValueHost;
  private lane: Lane;
  private readonly db: number;
  /** The name under which it is built: the value's own where it is built in place. */
  private readonly name: Uint8Array;
  /** Its own name. */
  readonly key: Uint8Array;
  /** Elements, or bytes of a string, that were acknowledged; and the command that tells them. */
  private length = 0;
  private lengthCommand: string | null = null;
  private isCountable = true;
  private outcome: LongOutcome | null = null;
  private existed = false;
  private isOurs = false;
  private hasBegun = false;
  private isInterrupted = false;

  constructor(host: LongValueHost, lane: Lane, db: number, key: Uint8Array, firstBytes: Uint8Array) {
    this.host = host;
    this.lane = lane;
    this.db = db;
    this.key = key;
    const { start, end } = argumentAt(firstBytes, 0, 1);
    this.name = firstBytes.slice(start, end);
  }

  /** Whether its key exists. */
  async look(): Promise<boolean> {
    if (!this.host.mayExist(this.lane, this.db)) return false;
    return (await this.retrying(() => this.lane.ask(this.db, 'EXISTS', this.key))) === 1;
  }

  /**
   * @param existed - Its key existed before anything was sent.
   * @param isOurs - If the key exists now, it was written by an earlier run.
   */
  begin(existed: boolean, isOurs: boolean): void {
    this.existed = existed;
    this.isOurs = isOurs;
    if (existed && this.host.existing !== 'replace') this.outcome = this.leave();
  }

  private leave(): LongOutcome {
    return { outcome: this.host.existing === 'skip' ? SKIPPED : EXISTING, reason: null };
  }

  /** Sends some more of its commands. Throws only when the run is over. */
  async send(bytes: Uint8Array, commands: number): Promise<void> {
    if (this.outcome !== null) return;
    this.hasBegun = true;
    const before = this.length;
    const added = this.measure(bytes);
    const isOrdered = this.lengthCommand !== null && ORDERED.has(this.lengthCommand);
    const isAtomic = isOrdered && this.host.canTransact;
    const sent = isAtomic ? joined(MULTI, bytes, EXEC) : bytes;
    const error = await this.persist(async (isAgain) => {
      if (isAgain && isOrdered) {
        const found = await this.lengthAtTarget();
        if (found === before + added && added > 0) return null;
        if (found !== before && !(before === 0 && isAtomic)) return lostElements(before, found);
      }
      const { error: refusal } = await this.lane.sendAlone(
        this.db,
        sent,
        commands + (isAtomic ? 2 : 0),
        (text) => isAgain && HAS_IT.test(text),
      );
      return refusal;
    });
    if (error !== null) this.outcome = { outcome: FAILED, reason: error };
    this.length += added;
  }

  /**
   * Sends its last commands, of which those from `finishAt` on give it its own name. Throws only when the run is over.
   */
  async finish(bytes: Uint8Array, commands: number, finishAt: number, finishCommands: number): Promise<LongOutcome> {
    if (finishAt > 0) await this.send(bytes.subarray(0, finishAt), commands - finishCommands);
    if (this.outcome === null) await this.verify();
    if (this.outcome === null && finishCommands > 0) await this.rename(bytes.subarray(finishAt), finishCommands);
    if (this.outcome !== null) await this.discard();
    return this.outcome ?? { outcome: this.existed ? REPLACED : RESTORED, reason: null };
  }

  private async rename(bytes: Uint8Array, commands: number): Promise<void> {
    let isBlocked = false;
    const error = await this.persist(async (isAgain) => {
      const result = await this.lane.sendAlone(this.db, bytes, commands);
      // The name of ours is gone: it was carried out the first time.
      if (isAgain && result.error !== null && /no such key/i.test(result.error)) return null;
      isBlocked = result.none && this.host.existing !== 'replace' && !isAgain && !this.isOurs;
      return result.error;
    });
    if (error !== null) this.outcome = { outcome: FAILED, reason: error };
    else if (isBlocked) this.outcome = this.leave();
  }

  /** What was built goes away. */
  async discard(): Promise<void> {
    // Built in place, it may be a key that was there before.
    if (!this.hasBegun || equal(this.name, this.key)) return;
    await this.persist(async () => {
      await this.lane.sendAlone(this.db, deleteCommand(this.name), 1);
      return null;
    }).catch(() => {});
  }

  /** After an interruption: is everything there? */
  private async verify(): Promise<void> {
    if (!this.isInterrupted || !this.isCountable || this.lengthCommand === null) return;
    const found = await this.retrying(() => this.lengthAtTarget());
    if (found !== this.length) this.outcome = { outcome: FAILED, reason: lostElements(this.length, found) };
  }

  private async lengthAtTarget(): Promise<number> {
    return Number(replyText(await this.lane.ask(this.db, this.lengthCommand as string, this.name)));
  }

  /** Counts the elements in some commands. */
  private measure(bytes: Uint8Array): number {
    let count = 0;
    for (let at = 0; at < bytes.length; at = commandEnd(bytes, at)) {
      const { start, end, next } = argumentAt(bytes, at, 0);
      const name = String.fromCharCode(...bytes.subarray(start, end));
      const known = LENGTHS[name];
      if (known === undefined) {
        // Fields that expire may be gone before they are counted.
        if (/EXPIRE/.test(name) && !/^P?EXPIREAT$/.test(name)) this.isCountable = false;
        continue;
      }
      this.lengthCommand ??= known[0];
      if (known[1] === 0) {
        const value = bulkAt(bytes, bulkAt(bytes, next).next);
        count += value.end - value.start;
      } else {
        count += (argumentCount(bytes, at) - 2) / known[1];
      }
    }
    return count;
  }

  /** Tries until it works, fails for good, or patience ends. Resolves with the error of the target, or `null`. */
  private async persist(attempt: (isAgain: boolean) => Promise<string | null>): Promise<string | null> {
    for (let isAgain = false; ; isAgain = true) {
      if (isAgain) this.isInterrupted = true;
      let error: string | null;
      try {
        error = await attempt(isAgain);
      } catch (failure) {
        if (this.host.isStopped) throw failure;
        if (!(failure instanceof Error)) throw failure;
        error = failure instanceof ConnectionLost || failure.name === 'EndpointError' ? LOST : failure.message;
      }
      if (error === null) return null;
      if (error === LOST) {
        this.lane = this.host.laneOf(this.name);
        continue;
      }
      const { action } = classifyReply(error);
      if (action === 'wait' || action === 'rediscover') {
        await this.lane.await(action, error);
      } else if (action === 'redirect') {
        this.host.redirected(this.lane, error);
        await this.lane.patience.wait(error);
        this.lane = this.host.laneOf(this.name);
      } else if (action === 'stop') {
        this.host.refusedAll(this.lane, error);
        throw new ConnectionLost(error);
      } else {
        return error;
      }
    }
  }

  private async retrying<Result>(work: () => Promise<Result>): Promise<Result> {
    let result: Result | undefined;
    await this.persist(async () => {
      result = await work();
      return null;
    });
    return result as Result;
  }
}

const LOST = 'the connection was lost';

function lostElements(expected: number, found: number): string {
  return `after an interruption the target has ${found} elements of the value where ${expected} were acknowledged`;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
