import { Buffer } from 'node:buffer';
import { type Argument, encodeBytes, encodedId, type KeyRecord, type Reply, type TestServer } from '@rdbkit/testkit';
import { Random } from './random.ts';

/** `base` has the sizes written in the data sets; `random` draws sizes, limits and names from the seed. */
export type Profile = 'base' | 'random';

/** Facts that no command reads back. */
type Facts = Pick<KeyRecord, 'idmpEntries' | 'keyMetadata' | 'memberExpiries'>;

/** Signed 32 bits of seconds, as files of 2.4 hold them. */
const LAST_SECOND_OF_2_4 = 2 ** 31 - 1;

/** What a data set loads through. */
export class Load {
  readonly server: TestServer;
  readonly seed: string;
  readonly profile: Profile;
  private db = 0;
  /** Exact times by {@link Load.id}, for servers that tell only what is left. */
  readonly expiries = new Map<string, number>();
  readonly facts = new Map<string, Facts>();
  /** Delivery times by stream, then by group and entry ID. */
  readonly deliveries = new Map<string, Map<string, number>>();

  constructor(server: TestServer, seed: string, profile: Profile) {
    this.server = server;
    this.seed = seed;
    this.profile = profile;
  }

  private id(key: Argument): string {
    return `${this.db}/${encodedId(encodeBytes(key instanceof Uint8Array ? key : String(key)))}`;
  }

  async run(...args: readonly Argument[]): Promise<Reply> {
    return await this.server.call(...args);
  }

  /** Whether the server took the command; for options that only some versions have. */
  async attempt(...args: readonly Argument[]): Promise<boolean> {
    const [reply] = await this.server.client.callAll([args]);
    return !(reply instanceof Error);
  }

  /** A command with many arguments, in several calls. */
  async runInBatches(
    head: readonly Argument[],
    items: readonly (Argument | readonly Argument[])[],
    size = 200,
  ): Promise<void> {
    for (let i = 0; i < items.length; i += size) await this.run(...head, ...items.slice(i, i + size).flat());
  }

  async supports(...command: readonly string[]): Promise<boolean> {
    return await this.server.supports(...command);
  }

  /** Sets the first of these settings that the server has; false when it has none. */
  async configure(names: readonly string[], value: string | number): Promise<boolean> {
    for (const name of names) {
      const found = (await this.run('CONFIG', 'GET', name)) as Reply[];
      if (found.length === 0) continue;
      await this.run('CONFIG', 'SET', name, value);
      return true;
    }
    return false;
  }

  async select(db: number): Promise<void> {
    await this.run('SELECT', db);
    this.db = db;
  }

  random(name: string): Random {
    return new Random(`${this.seed}/${name}`);
  }

  /** `base`, or in the random profile a number in [low, high]. */
  size(name: string, base: number, low: number, high: number): number {
    return this.profile === 'base' ? base : this.random(`size/${name}`).int(low, high);
  }

  /** A key's name; in the random profile with odd parts. */
  key(name: string): Buffer {
    if (this.profile === 'base') return Buffer.from(name);
    const random = this.random(`key/${name}`);
    const parts = [
      () => Buffer.concat([Buffer.from(`${name}#`), random.noise(random.int(1, 16))]),
      () => Buffer.from(`${random.word()}{${name}}${random.int(0, 99_999)}`),
      () => Buffer.from(`${random.letters(random.int(1, 6))}:${name}:${'é漢🎈'.repeat(random.int(1, 4))}`),
      () => Buffer.from(`${random.word()}:${random.word()}:${name}:${random.int(0, 1e9)}`),
    ];
    return random.pick(parts)();
  }

  async expireAt(key: Argument, ms: number): Promise<void> {
    let exact = ms;
    if (await this.supports('PEXPIREAT')) {
      await this.run('PEXPIREAT', key, ms);
    } else {
      const seconds = Math.floor(ms / 1000);
      // Later times move to the years before 2038.
      const inRange = seconds <= LAST_SECOND_OF_2_4 ? seconds : LAST_SECOND_OF_2_4 - (seconds % 50_000_000);
      exact = inRange * 1000;
      await this.run('EXPIREAT', key, inRange);
    }
    this.expiries.set(this.id(key), exact);
  }

  addFacts(key: Argument, facts: Facts): void {
    this.facts.set(this.id(key), { ...this.facts.get(this.id(key)), ...facts });
  }

  noteDelivery(key: Argument, group: string, entry: string, ms: number): void {
    const times = this.deliveries.get(this.id(key)) ?? new Map<string, number>();
    times.set(`${encodedId(encodeBytes(group))}/${entry}`, ms);
    this.deliveries.set(this.id(key), times);
  }
}
