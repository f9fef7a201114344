/**
 * Reads everything a running server holds, through ordinary commands, from 2.4 to the newest.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import {
  type ArrayRecord,
  type Content,
  type Count,
  type EncodedBytes,
  type ExpiryTime,
  encodeBytes,
  encodedId,
  type FunctionRecord,
  type GroupRecord,
  type HashField,
  type KeyRecord,
  type StreamRecord,
  toCount,
} from './content.ts';
import { type Argument, type Reply, ReplyError } from './resp-client.ts';

/** What is needed of a server. */
export interface CommandTarget {
  call(...args: readonly Argument[]): Promise<Reply>;
  supports(...command: readonly string[]): Promise<boolean>;
}

/** How far the approximate times of such a server may be off: those of 2.4 are whole seconds. */
export async function expiryToleranceMs(server: CommandTarget): Promise<number> {
  return (await server.supports('PTTL')) ? 250 : 1500;
}

/** What is read. */
export interface ReadBackOptions {
  /** Tell the type bytes, which takes a DUMP of each key. */
  readonly rdbTypes?: boolean;
  /** Given the DUMP payload of each key; implies `rdbTypes`. */
  readonly onPayload?: (db: number, key: Buffer, payload: Buffer) => void;
  /** Read how long each key lay idle, or how often it was used, before anything touches it. */
  readonly usage?: 'idle' | 'frequency';
}

/** Commands that read the values of the modules that servers' sources bring for their tests. */
const MODULE_READERS: Readonly<Record<string, (key: Buffer) => readonly Argument[]>> = {
  test___dt: (key) => ['DATATYPE.GET', key],
  test__rdb: (key) => ['TESTRDB.GET.KEY', key],
  hellotype: (key) => ['HELLOTYPE.RANGE', key, 0, 1000],
};

const EVERYTHING = 1_000_000_000;

function bytesOf(reply: Reply | undefined): Buffer {
  if (reply instanceof Buffer) return reply;
  if (typeof reply === 'string' || typeof reply === 'number' || typeof reply === 'bigint')
    return Buffer.from(String(reply));
  throw new TypeError(`expected bytes, found ${reply === undefined ? 'nothing' : JSON.stringify(reply)}`);
}

function textOf(reply: Reply | undefined): string {
  return bytesOf(reply).toString('latin1');
}

function listOf(reply: Reply | undefined): Reply[] {
  if (!Array.isArray(reply)) throw new TypeError(`expected a list, found ${JSON.stringify(reply)}`);
  return reply;
}

function buffersOf(reply: Reply): Buffer[] {
  return listOf(reply).map(bytesOf);
}

function countOf(reply: Reply | undefined): Count {
  if (typeof reply === 'number' || typeof reply === 'bigint') return toCount(reply);
  return toCount(BigInt(textOf(reply)));
}

/** Names and values in turns. */
function fieldsOf(reply: Reply): Map<string, Reply> {
  const items = listOf(reply);
  const fields = new Map<string, Reply>();
  for (let i = 0; i + 1 < items.length; i += 2) fields.set(textOf(items[i]), items[i + 1] ?? null);
  return fields;
}

function pairsOf(items: readonly Buffer[]): [Buffer, Buffer][] {
  const pairs: [Buffer, Buffer][] = [];
  for (let i = 0; i + 1 < items.length; i += 2) pairs.push([items[i] as Buffer, items[i + 1] as Buffer]);
  return pairs;
}

/** Reads everything; database 0 is selected afterwards. */
export async function readBack(server: CommandTarget, options: ReadBackOptions = {}): Promise<Content> {
  const records: KeyRecord[] = [];
  for (const db of await usedDatabases(server)) {
    await server.call('SELECT', db);
    const keys = buffersOf(await server.call('KEYS', '*')).sort((a, b) => Buffer.compare(a, b));
    for (const key of keys) records.push(await readKey(server, db, key, options));
  }
  await server.call('SELECT', 0);
  return { records, functions: await readFunctions(server) };
}

async function usedDatabases(server: CommandTarget): Promise<number[]> {
  const lines = textOf(await server.call('INFO')).matchAll(/^db(\d+):/gm);
  return Array.from(lines, (line) => Number(line[1])).sort((a, b) => a - b);
}

async function readKey(server: CommandTarget, db: number, key: Buffer, options: ReadBackOptions): Promise<KeyRecord> {
  const usage = options.usage === undefined ? {} : await readUsage(server, key, options.usage);
  const type = textOf(await server.call('TYPE', key));
  let rdbType: number | null = null;
  if ((options.rdbTypes || options.onPayload !== undefined) && (await server.supports('DUMP'))) {
    const payload = bytesOf(await server.call('DUMP', key));
    options.onPayload?.(db, key, payload);
    rdbType = typeByteOf(payload);
  }
  return {
    db,
    key: encodeBytes(key),
    type,
    encoding: textOf(await server.call('OBJECT', 'ENCODING', key)),
    rdbType,
    expireAtMs: await readExpiry(server, key),
    ...(await readValue(server, type, key)),
    ...usage,
  };
}

const KEY_META = 243;

/** The type byte of a payload; null when metadata stands before it. */
function typeByteOf(payload: Buffer): number | null {
  const first = payload[0];
  return first === undefined || first === KEY_META ? null : first;
}

async function readUsage(
  server: CommandTarget,
  key: Buffer,
  kind: 'idle' | 'frequency',
): Promise<Pick<KeyRecord, 'idleSeconds' | 'frequency'>> {
  if (kind === 'idle') return { idleSeconds: Number(await server.call('OBJECT', 'IDLETIME', key)) };
  return { frequency: Number(await server.call('OBJECT', 'FREQ', key)) };
}

async function readExpiry(server: CommandTarget, key: Buffer): Promise<ExpiryTime | null> {
  if (await server.supports('PEXPIRETIME')) {
    const at = Number(await server.call('PEXPIRETIME', key));
    return at < 0 ? null : at;
  }
  if (Number(await server.call('TTL', key)) < 0) return null;
  if (!(await server.supports('PTTL'))) {
    // 2.4: whole seconds, rounded by the server.
    return { approximately: Date.now() + Number(await server.call('TTL', key)) * 1000 };
  }
  return await readRemainingTime(server, key);
}

/** Reads the clock right before and after, and tries again when something came between. */
async function readRemainingTime(server: CommandTarget, key: Buffer): Promise<ExpiryTime | null> {
  for (let attempt = 0; ; attempt++) {
    const before = Date.now();
    const left = Number(await server.call('PTTL', key));
    const after = Date.now();
    if (left < 0) return null;
    if (after - before <= 5 || attempt === 20) return { approximately: Math.round((before + after) / 2) + left };
  }
}

async function readValue(
  server: CommandTarget,
  type: string,
  key: Buffer,
): Promise<Pick<KeyRecord, 'value' | 'module'>> {
  switch (type) {
    case 'string':
      return { value: encodeBytes(bytesOf(await server.call('GET', key))) };
    case 'list':
      return { value: buffersOf(await server.call('LRANGE', key, 0, -1)).map(encodeBytes) };
    case 'set': {
      const members = buffersOf(await server.call('SMEMBERS', key));
      return { value: members.sort((a, b) => Buffer.compare(a, b)).map(encodeBytes) };
    }
    case 'zset': {
      const flat = buffersOf(await server.call('ZRANGE', key, 0, -1, 'WITHSCORES'));
      return { value: pairsOf(flat).map(([member, score]) => [encodeBytes(member), score.toString()] as const) };
    }
    case 'hash':
      return { value: await readHash(server, key) };
    case 'stream':
      return { value: await readStream(server, key) };
    case 'array':
      return { value: await readArray(server, key) };
    default:
      return { value: null, module: await readModule(server, type, key) };
  }
}

async function readHash(server: CommandTarget, key: Buffer): Promise<HashField[]> {
  const fields = pairsOf(buffersOf(await server.call('HGETALL', key))).sort(([a], [b]) => Buffer.compare(a, b));
  let times: readonly Reply[] = [];
  if (fields.length > 0 && (await server.supports('HPEXPIRETIME'))) {
    const names = fields.map(([field]) => field);
    times = listOf(await server.call('HPEXPIRETIME', key, 'FIELDS', names.length, ...names));
  }
  return fields.map(([field, value], i): HashField => {
    const at = Number(times[i] ?? -1);
    return at >= 0 ? [encodeBytes(field), encodeBytes(value), at] : [encodeBytes(field), encodeBytes(value)];
  });
}

async function readArray(server: CommandTarget, key: Buffer): Promise<ArrayRecord> {
  const info = fieldsOf(await server.call('ARINFO', key));
  const items = listOf(await server.call('ARSCAN', key, 0, '18446744073709551614'));
  return {
    count: countOf(info.get('count')),
    length: textOf(info.get('len')),
    nextInsertIndex: textOf(info.get('next-insert-index')),
    items: items.map((item) => {
      const [index, value] = listOf(item);
      return [textOf(index), encodeBytes(bytesOf(value))] as const;
    }),
  };
}

async function readModule(server: CommandTarget, type: string, key: Buffer): Promise<Record<string, unknown>> {
  if (type === 'vectorset') {
    const info = fieldsOf(await server.call('VINFO', key));
    return {
      type,
      size: countOf(info.get('size')),
      dimensions: countOf(info.get('vector-dim')),
      quantization: textOf(info.get('quant-type')),
    };
  }
  const reader = MODULE_READERS[type];
  if (reader === undefined) return { type };
  const reply = await server.call(...reader(key));
  return { type, reply: (Array.isArray(reply) ? reply : [reply]).map((item) => encodeBytes(bytesOf(item))) };
}

type Entries = StreamRecord['entries'];

async function readStream(server: CommandTarget, key: Buffer): Promise<StreamRecord> {
  const range = listOf(await server.call('XRANGE', key, '-', '+'));
  const entries: Entries = range.map((item) => {
    const [id, fields] = listOf(item);
    return [textOf(id), buffersOf(fields ?? []).map(encodeBytes)] as const;
  });
  let full: Map<string, Reply>;
  try {
    full = fieldsOf(await server.call('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0));
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    return await assembleStream(server, key, entries);
  }
  const idmp = [...full].filter(([name]) => /^(idmp|pids|iids)-/.test(name));
  return {
    length: countOf(full.get('length')),
    lastId: textOf(full.get('last-generated-id')),
    ...(full.has('entries-added')
      ? {
          entriesAdded: countOf(full.get('entries-added')),
          maxDeletedId: textOf(full.get('max-deleted-entry-id')),
          firstId: textOf(full.get('recorded-first-entry-id')),
        }
      : {}),
    ...(idmp.length > 0
      ? {
          idmp: Object.fromEntries(
            idmp.map(([name, value]) => [name, value instanceof Buffer ? textOf(value) : countOf(value)]),
          ),
        }
      : {}),
    entries,
    groups: listOf(full.get('groups')).map(groupOf),
  };
}

function groupOf(reply: Reply): GroupRecord {
  const group = fieldsOf(reply);
  const entriesRead = group.get('entries-read');
  return {
    name: encodeBytes(bytesOf(group.get('name'))),
    lastId: textOf(group.get('last-delivered-id')),
    ...(group.has('entries-read') ? { entriesRead: entriesRead === null ? null : countOf(entriesRead) } : {}),
    ...(group.has('nacked-count') ? { nackedCount: Number(group.get('nacked-count')) } : {}),
    pending: listOf(group.get('pending') ?? group.get('pel')).map((item) => {
      const [id, consumer, deliveredMs, deliveries] = listOf(item);
      return {
        id: textOf(id),
        consumer: consumer === null ? null : encodeBytes(bytesOf(consumer)),
        deliveredMs: Number(deliveredMs),
        deliveries: countOf(deliveries),
      };
    }),
    consumers: listOf(group.get('consumers')).map((item) => {
      const consumer = fieldsOf(item);
      const activeMs = consumer.get('active-time');
      return {
        name: encodeBytes(bytesOf(consumer.get('name'))),
        seenMs: countOf(consumer.get('seen-time')),
        ...(consumer.has('active-time') ? { activeMs: activeMs === null ? null : countOf(activeMs) } : {}),
        pending: listOf(consumer.get('pending') ?? consumer.get('pel')).map((entry) => textOf(listOf(entry)[0])),
      };
    }),
  };
}

/** The same from the separate commands of 5.0, which tell how long ago, not when. */
async function assembleStream(server: CommandTarget, key: Buffer, entries: Entries): Promise<StreamRecord> {
  const info = fieldsOf(await server.call('XINFO', 'STREAM', key));
  const groups: GroupRecord[] = [];
  for (const reply of listOf(await server.call('XINFO', 'GROUPS', key))) {
    const group = fieldsOf(reply);
    const name = bytesOf(group.get('name'));
    const pending = listOf(await server.call('XPENDING', key, name, '-', '+', EVERYTHING)).map((item) => {
      const [id, consumer, , deliveries] = listOf(item);
      return {
        id: textOf(id),
        consumer: encodeBytes(bytesOf(consumer)),
        deliveredMs: null,
        deliveries: countOf(deliveries),
      };
    });
    const consumers = listOf(await server.call('XINFO', 'CONSUMERS', key, name)).map((item) => {
      const consumer: EncodedBytes = encodeBytes(bytesOf(fieldsOf(item).get('name')));
      const own = pending.filter((entry) => encodedId(entry.consumer) === encodedId(consumer));
      return { name: consumer, seenMs: null, pending: own.map((entry) => entry.id) };
    });
    groups.push({ name: encodeBytes(name), lastId: textOf(group.get('last-delivered-id')), pending, consumers });
  }
  return { length: countOf(info.get('length')), lastId: textOf(info.get('last-generated-id')), entries, groups };
}

/** The function libraries, sorted by name. */
export async function readFunctions(server: CommandTarget): Promise<FunctionRecord[]> {
  if (!(await server.supports('FUNCTION', 'LIST'))) return [];
  const libraries = listOf(await server.call('FUNCTION', 'LIST', 'WITHCODE')).map(fieldsOf);
  const records = libraries.map((library): FunctionRecord => {
    const description = library.get('description') ?? null;
    return {
      name: textOf(library.get('library_name')),
      engine: textOf(library.get('engine')),
      description: description === null ? null : textOf(description),
      code: encodeBytes(bytesOf(library.get('library_code'))),
    };
  });
  return records.sort((a, b) => (a.name < b.name ? -1 : 1));
}
