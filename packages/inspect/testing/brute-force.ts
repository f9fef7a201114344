/**
 * What an inspection should find, counted in the plainest way from all elements of all values.
 *
 * @module
 */
import {
  type Dialect,
  type KeyHeader,
  type Level,
  type RdbHeader,
  RdbReader,
  RdbVisitorBase,
  type ValueKind,
  valueType,
} from '@rdbkit/rdb';

interface CountedKey {
  readonly name: string;
  readonly db: number;
  readonly kind: ValueKind;
  readonly expireAtMs: number | null;
  readonly bytes: number;
  readonly elements: number;
}

class Counter extends RdbVisitorBase {
  readonly keys: CountedKey[] = [];
  private dialect: Dialect = 'redis';
  private header_: KeyHeader | null = null;
  private name = '';
  private startsAt = 0;
  private elements = 0;
  private isEmpty = false;

  override header({ dialect }: RdbHeader): void {
    this.dialect = dialect;
  }
  override key(header: KeyHeader): Level {
    this.header_ = header;
    this.name = Buffer.from(header.bytes.subarray(header.start, header.end)).toString('latin1');
    this.startsAt = header.offset;
    this.elements = 0;
    this.isEmpty = false;
    return 'logical';
  }
  override emptyValue(): void {
    this.isEmpty = true;
  }
  override keyEnd(end: number): void {
    const header = this.header_;
    if (header === null || this.isEmpty) return;
    this.keys.push({
      name: this.name,
      db: header.db,
      kind: valueType(header.typeCode, this.dialect)?.kind ?? 'module',
      expireAtMs: header.expireAtMs === null ? null : Number(header.expireAtMs),
      bytes: end - this.startsAt,
      elements: this.elements,
    });
  }
  override string(): void {
    this.elements = 1;
  }
  override stringEnd(): void {
    this.elements = 1;
  }
  override module(): void {
    this.elements = 1;
  }
  override raw(): void {
    this.elements = 1;
  }
  override bitmap(): void {
    this.elements = 1;
  }
  override listElement(): void {
    this.elements++;
  }
  override setMember(): void {
    this.elements++;
  }
  override hashField(): void {
    this.elements++;
  }
  override zsetMember(): void {
    this.elements++;
  }
  override streamEntry(): void {
    this.elements++;
  }
  override arrayElement(): void {
    this.elements++;
  }
}

/** The truth about a dump. */
export interface BruteForce {
  readonly keys: number;
  readonly nameBytes: number;
  readonly overByNow: number;
  readonly types: Readonly<Record<string, { keys: number; elements: number }>>;
  readonly databases: Readonly<Record<number, { keys: number; expires: number; bytes: number }>>;
  /** Keys and bytes of each prefix that ends in a colon. */
  readonly prefixes: ReadonlyMap<string, readonly [keys: number, bytes: number]>;
  /** Of the same size, those that come first. */
  largest(count: number): [name: string, bytes: number][];
  mostElements(count: number): [name: string, elements: number][];
}

/** Counts. */
export function bruteForce(dump: Uint8Array, nowMs: number): BruteForce {
  const counter = new Counter();
  const reader = new RdbReader(counter);
  reader.push(dump);
  reader.finish();
  const { keys } = counter;
  const types: Record<string, { keys: number; elements: number }> = {};
  const databases: Record<number, { keys: number; expires: number; bytes: number }> = {};
  const prefixes = new Map<string, [number, number]>();
  for (const key of keys) {
    const type = (types[key.kind] ??= { keys: 0, elements: 0 });
    type.keys++;
    type.elements += key.elements;
    const db = (databases[key.db] ??= { keys: 0, expires: 0, bytes: 0 });
    db.keys++;
    if (key.expireAtMs !== null) db.expires++;
    db.bytes += key.bytes;
    for (let at = key.name.indexOf(':'); at >= 0; at = key.name.indexOf(':', at + 1)) {
      const prefix = key.name.slice(0, at + 1);
      const [count, bytes] = prefixes.get(prefix) ?? [0, 0];
      prefixes.set(prefix, [count + 1, bytes + key.bytes]);
    }
  }
  const top =
    (rank: (key: CountedKey) => number, least: number) =>
    (count: number): [string, number][] =>
      keys
        .filter((key) => rank(key) > least)
        .toSorted((a, b) => rank(b) - rank(a))
        .slice(0, count)
        .map((key) => [key.name, rank(key)]);
  return {
    keys: keys.length,
    nameBytes: keys.reduce((sum, { name }) => sum + name.length, 0),
    overByNow: keys.filter(({ expireAtMs }) => expireAtMs !== null && expireAtMs <= nowMs).length,
    types,
    databases,
    prefixes,
    largest: top(({ bytes }) => bytes, 0),
    mostElements: top(({ elements }) => elements, 1),
  };
}
