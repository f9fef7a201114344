/**
 * What a server says of itself: product, version, role, state.
 *
 * @module
 */
import { type Flavour, NEWEST, packVersion, type Target } from '@rdbkit/commands';
import { type Reply, ReplyError, replyText } from '@rdbkit/resp';
import type { TcpAddress } from './address.ts';
import type { Argument } from './connection.ts';

/** A server's part in replication. */
export type Role = 'master' | 'replica' | 'sentinel' | 'unknown';

/** What a server says of itself. `null` is what it does not say, or does not let us ask. */
export interface ServerState {
  /** Name and version for people: `Redis 7.0.15`, `Dragonfly 1.24.0`, `unknown server`. */
  readonly product: string;
  /** Flavour and version as far as they decide which commands it understands. */
  readonly target: Target;
  /** `standalone`, `cluster` or `sentinel`. */
  readonly mode: string | null;
  readonly role: Role;
  /** Identifies the process: another one after a restart or a failover may have lost what was acknowledged. */
  readonly runId: string | null;
  readonly isLoading: boolean;
  /** Seconds until loading ends, by the server's own estimate. */
  readonly loadingEtaSeconds: number | null;
  /** Of a replica: its master, as announced. */
  readonly masterAddress: TcpAddress | null;
  /** Of a master: replicas that are online. */
  readonly replicas: number | null;
  /** Bytes; 0 for no limit. */
  readonly maxMemory: number | null;
  readonly maxMemoryPolicy: string | null;
  readonly usedMemory: number | null;
  readonly hasAof: boolean | null;
  /** Number of keys by database; absent databases are empty. */
  readonly keys: ReadonlyMap<number, number> | null;
}

/** What is known of a server that says nothing. */
export const UNKNOWN_SERVER: ServerState = {
  product: 'unknown server',
  target: { flavour: 'redis', version: NEWEST },
  mode: null,
  role: 'unknown',
  runId: null,
  isLoading: false,
  loadingEtaSeconds: null,
  masterAddress: null,
  replicas: null,
  maxMemory: null,
  maxMemoryPolicy: null,
  usedMemory: null,
  hasAof: null,
  keys: null,
};

/** What asking needs of a connection. */
interface Asking {
  ask(...args: readonly Argument[]): Promise<Reply>;
}

/** Asks a server what it is: `INFO`, and where that is forbidden `ROLE` and `HELLO`. */
export async function readServerState(connection: Asking): Promise<ServerState> {
  const info = await connection.ask('INFO');
  if (!(info instanceof ReplyError)) return parseServerState(replyText(info));
  const hello = await connection.ask('HELLO');
  const greeting = hello instanceof ReplyError ? UNKNOWN_SERVER : parseHello(hello);
  const role = await connection.ask('ROLE');
  return role instanceof ReplyError ? greeting : { ...greeting, ...parseRole(role) };
}

/** The lines of `INFO` as names and values. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/**
 * What the text of `INFO` says.
 *
 * @example
 * ```ts
 * import { parseServerState } from '@rdbkit/restore';
 * const state = parseServerState('redis_version:7.2.4\r\nvalkey_version:8.1.1\r\nrole:master\r\n');
 * console.log(state.product, state.role); // Valkey 8.1.1 master
 * ```
 */
export function parseServerState(text: string): ServerState {
  const info = parseInfo(text);
  const number = (name: string): number | null => {
    const value = info.get(name);
    return value === undefined || !/^\d+(\.\d+)?$/.test(value) ? null : Number(value);
  };
  const port = number('master_port');
  const host = info.get('master_host');
  const aof = info.get('aof_enabled');
  return {
    ...identify(info),
    mode: info.get('redis_mode') ?? info.get('server_mode') ?? null,
    role: roleOf(info.get('redis_mode') === 'sentinel' ? 'sentinel' : (info.get('role') ?? '')),
    runId: info.get('run_id') ?? info.get('master_replid') ?? null,
    isLoading: (number('loading') ?? 0) !== 0,
    loadingEtaSeconds: number('loading_eta_seconds'),
    masterAddress: host === undefined || port === null ? null : { host, port },
    replicas: onlineReplicas(info),
    maxMemory: number('maxmemory'),
    maxMemoryPolicy: info.get('maxmemory_policy') ?? null,
    usedMemory: number('used_memory'),
    hasAof: aof === undefined ? null : aof === '1',
    keys: keysByDatabase(info),
  };
}

function roleOf(word: string): Role {
  if (word === 'slave' || word === 'replica') return 'replica';
  return word === 'master' || word === 'sentinel' ? word : 'unknown';
}

const PRODUCTS: Readonly<Record<Flavour, string>> = {
  redis: 'Redis',
  valkey: 'Valkey',
  keydb: 'KeyDB',
  dragonfly: 'Dragonfly',
};

/** Servers that follow Redis in what they understand and call themselves otherwise, by a field that only they have. */
const RELATIVES: readonly (readonly [field: string, product: string])[] = [
  ['rlec_version', 'Redis Enterprise'],
  ['garnet_version', 'Garnet'],
  ['kvrocks_version', 'Kvrocks'],
];

function identify(info: ReadonlyMap<string, string>): Pick<ServerState, 'product' | 'target'> {
  const valkey = info.get('valkey_version');
  if (valkey !== undefined) return known('valkey', valkey);
  const dragonfly = info.get('dragonfly_version');
  if (dragonfly !== undefined) return known('dragonfly', dragonfly);
  const redis = info.get('redis_version');
  // KeyDB calls itself Redis; 6.3 is a version that Redis never had, and these fields are its own.
  if (redis !== undefined && (/^6\.3\./.test(redis) || info.has('mvcc_depth') || info.has('active_replica'))) {
    return known('keydb', redis);
  }
  const relative = RELATIVES.find(([field]) => info.has(field));
  if (relative !== undefined) {
    const [field, product] = relative;
    return { product: `${product} ${info.get(field)}`, target: { flavour: 'redis', version: versionOf(redis ?? '') } };
  }
  return redis === undefined ? UNKNOWN_SERVER : known('redis', redis);
}

function known(flavour: Flavour, version: string): Pick<ServerState, 'product' | 'target'> {
  const text = version.replace(/^df-/, '').replace(/^v/, '');
  return { product: `${PRODUCTS[flavour]} ${text}`, target: { flavour, version: versionOf(text) } };
}

/** Development builds call themselves 255.255.255 or nothing in particular: they know all there is. */
function versionOf(text: string): number {
  const match = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?/.exec(text);
  if (match === null || match[1] === '255') return NEWEST;
  return packVersion(Number(match[1]), Number(match[2]), Number(match[3] ?? 0));
}

/** `slave0:ip=…,port=…,state=online,…`; old servers write `slave0:ip,port,online`. */
function onlineReplicas(info: ReadonlyMap<string, string>): number | null {
  if (!info.has('connected_slaves')) return null;
  return [...info].filter(([name, value]) => /^slave\d+$/.test(name) && /(^|,)(state=)?online(,|$)/.test(value)).length;
}

function keysByDatabase(info: ReadonlyMap<string, string>): ReadonlyMap<number, number> | null {
  if (!info.has('redis_version')) return null;
  const keys = new Map<number, number>();
  for (const [name, value] of info) {
    const db = /^db(\d+)$/.exec(name)?.[1];
    const count = /(?:^|,)keys=(\d+)/.exec(value)?.[1];
    if (db !== undefined && count !== undefined) keys.set(Number(db), Number(count));
  }
  return keys;
}

/** `HELLO` answers with names and values in turns. */
function parseHello(reply: Reply): ServerState {
  if (!Array.isArray(reply)) return UNKNOWN_SERVER;
  const items = reply as readonly Reply[];
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < items.length; i += 2) fields.set(replyText(items[i]), replyText(items[i + 1]));
  const version = fields.get('version') ?? '';
  const flavour = fields.get('server') === 'valkey' ? 'valkey' : 'redis';
  return {
    ...UNKNOWN_SERVER,
    ...known(flavour, version),
    mode: fields.get('mode') ?? null,
    role: roleOf(fields.get('role') ?? ''),
  };
}

/** `ROLE`: `master offset replicas`, `slave host port state offset`, `sentinel names`. */
function parseRole(reply: Reply): Partial<ServerState> {
  if (!Array.isArray(reply)) return {};
  const [name, second, third] = reply as readonly Reply[];
  const role = roleOf(replyText(name));
  if (role === 'replica') return { role, masterAddress: { host: replyText(second), port: Number(replyText(third)) } };
  return role === 'master' && Array.isArray(third) ? { role, replicas: third.length } : { role };
}
