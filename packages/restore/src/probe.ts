/**
 * What a target can do, found out by asking: what it says of itself, and which commands it lets us use. Managed services,
 * proxies and ACLs forbid what the version promises.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { keySlot } from '@rdbkit/bytes';
import type { Target } from '@rdbkit/commands';
import { type Reply, ReplyError, replyText } from '@rdbkit/resp';
import type { Argument, Connection, ReplyHandler } from './connection.ts';
import { EndpointError } from './endpoint-error.ts';
import { Patience } from './patience.ts';
import { classifyReply } from './reply-class.ts';
import { parseInfo, type ServerState } from './server-state.ts';
import type { Shard, Topology } from './topology.ts';

/** The commands that {@link probe} tries. */
export type ProbedCommand =
  | 'restore'
  | 'set'
  | 'mset'
  | 'del'
  | 'unlink'
  | 'rename'
  | 'pexpireat'
  | 'hset'
  | 'zadd'
  | 'xadd'
  | 'xgroup'
  | 'xsetid'
  | 'hpexpireat'
  | 'function'
  | 'script'
  | 'eval'
  | 'wait'
  | 'select'
  | 'multi'
  | 'discard';

/**
 * Commands that are tried, each in a form that changes nothing: on a key that does not exist, or with arguments that are
 * refused behind the check of permissions.
 */
const TRIALS: Readonly<Record<ProbedCommand, (key: string, db: number) => readonly Argument[]>> = {
  restore: (key) => ['RESTORE', key, 0, ''],
  set: (key) => ['SET', key, '', 'XX'],
  // An even number of words is refused by the command itself.
  mset: (key) => ['MSET', key, '', key],
  del: (key) => ['DEL', key],
  unlink: (key) => ['UNLINK', key],
  rename: (key) => ['RENAME', key, key],
  pexpireat: (key) => ['PEXPIREAT', key, 1],
  hset: (key) => ['HSET', key, 'field', 'value', 'field'],
  zadd: (key) => ['ZADD', key, 'no score', 'member'],
  xadd: (key) => ['XADD', key, 'no ID', 'field', 'value'],
  xgroup: (key) => ['XGROUP', 'SETID', key, 'group', '0'],
  xsetid: (key) => ['XSETID', key, '1-1'],
  hpexpireat: (key) => ['HPEXPIREAT', key, 1, 'FIELDS', 1, 'field'],
  function: () => ['FUNCTION', 'LOAD', 'REPLACE', ''],
  script: () => ['SCRIPT', 'EXISTS', '0'.repeat(40)],
  eval: (key) => ['EVAL', 'return 1', 1, key],
  wait: () => ['WAIT', 0, 0],
  select: (_key, db) => ['SELECT', db],
  multi: () => ['MULTI'],
  discard: () => ['DISCARD'],
};

const COMMANDS = Object.keys(TRIALS) as readonly ProbedCommand[];

/** Whether a command can be used. */
export type CommandState =
  | 'usable'
  /** The server does not know it, or it was renamed. */
  | 'missing'
  /** The user may not run it. */
  | 'denied'
  /** Something else hindered the trial. */
  | 'unknown';

/** Best first. */
const STATES: readonly CommandState[] = ['usable', 'unknown', 'denied', 'missing'];

/** A module that a server has loaded. */
export interface ModuleInfo {
  readonly name: string;
  readonly version: number | null;
}

/** What one master can do. */
export interface NodeProbe {
  readonly shard: Shard;
  readonly state: ServerState;
  readonly commands: Readonly<Record<ProbedCommand, CommandState>>;
  /** `null` when the server does not say. */
  readonly modules: readonly ModuleInfo[] | null;
  /** Number of databases; `null` when the server does not say. */
  readonly databases: number | null;
  /** The user may write some keys only. */
  readonly hasKeyLimits: boolean;
}

/** What a target can do. */
export interface Probe {
  readonly nodes: readonly NodeProbe[];
  /** The products of all nodes: `Redis 7.0.15`, or several with commas. */
  readonly product: string;
  /** Of the nodes' versions the lowest: what it understands, all understand. */
  readonly target: Target;
  /** For each command the worst of all nodes. */
  readonly commands: Readonly<Record<ProbedCommand, CommandState>>;
  /** Modules that all nodes have; `null` when one does not say. */
  readonly modules: readonly ModuleInfo[] | null;
  /** The smallest number of databases; `null` when a node does not say. */
  readonly databases: number | null;
  /** Replicas that are online, those of all masters; `null` when a node does not say. */
  readonly replicas: number | null;
  /** What may go wrong while nobody is told, one line each. */
  readonly warnings: readonly string[];
}

const SILENT: ReplyHandler = { ok: () => {}, none: () => {}, error: () => {}, drain: () => {}, closed: () => {} };

/**
 * Finds out what all masters of a target can do, on connections of its own. Nothing is changed there.
 *
 * @throws {EndpointError} if a master cannot be reached for as long as `patience` has it.
 */
export async function probe(topology: Topology, patience: Patience = new Patience()): Promise<Probe> {
  const nodes = await Promise.all(topology.shards().map((shard) => probeShard(topology, shard, patience)));
  const states = nodes.map(({ state }) => state);
  const products = [...new Set(states.map(({ product }) => product))];
  return {
    nodes,
    product: products.join(', '),
    target: lowest(states.map(({ target }) => target)),
    commands: commandRecord((name) => worst(nodes.map(({ commands }) => commands[name]))),
    modules: commonModules(nodes),
    databases: minimum(nodes.map(({ databases }) => databases)),
    replicas: states.reduce<number | null>(
      (sum, { replicas }) => (sum === null || replicas === null ? null : sum + replicas),
      0,
    ),
    warnings: warningsOf(nodes, products),
  };
}

async function probeShard(topology: Topology, shard: Shard, patience: Patience): Promise<NodeProbe> {
  const connect = (): Promise<Connection> => topology.connect(shard, SILENT, patience);
  const { db } = topology.endpoint;
  const key = keyOf(topology, shard);
  const connection = await connect();
  try {
    const { peer } = connection;
    const args = COMMANDS.map((name) => TRIALS[name](key, db));
    const replies = await answersTo(args, connection, connect);
    const extra = peer.mode === 'cluster' ? 'cluster-databases' : 'databases';
    const [modules, info, config] = await answersTo(
      [
        ['MODULE', 'LIST'],
        ['INFO', 'modules'],
        ['CONFIG', 'GET', extra],
      ],
      connection,
      connect,
    );
    const states = new Map(COMMANDS.map((name, i) => [name, stateOf(replies[i] ?? null)]));
    return {
      shard,
      state: peer,
      commands: commandRecord((name) => states.get(name) ?? 'unknown'),
      modules: modulesIn(modules ?? null) ?? modulesInInfo(info ?? null),
      databases: databasesIn(config ?? null) ?? (peer.mode === 'cluster' ? 1 : null),
      hasKeyLimits: replies.some((reply) => isReply(reply, 'no-key-permission')),
    };
  } finally {
    connection.close();
  }
}

/** A key that does not exist, in a slot of the shard. */
function keyOf(topology: Topology, shard: Shard): string {
  const prefix = `rdbkit:probe:${randomBytes(8).toString('hex')}:`;
  const encoder = new TextEncoder();
  for (let i = 0; ; i++) {
    const bytes = encoder.encode(`${prefix}${i}`);
    if (topology.ownerOf(keySlot(bytes, 0, bytes.length)) === shard || i === 1_000_000) return `${prefix}${i}`;
  }
}

/**
 * The answers to commands, sent together. Some proxies hang up when they are given a command that they do not know: then
 * each one is tried alone, on a new connection after each such end, and `null` stands for the answer.
 */
async function answersTo(
  commands: readonly (readonly Argument[])[],
  connection: Connection,
  connect: () => Promise<Connection>,
): Promise<readonly (Reply | null)[]> {
  const outcomes = await Promise.allSettled(commands.map((args) => connection.ask(...args)));
  if (outcomes.every(({ status }) => status === 'fulfilled')) {
    return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : null));
  }
  const replies: (Reply | null)[] = [];
  let current = await connect();
  for (const args of commands) {
    if (current.ended !== null) current = await connect();
    try {
      replies.push(await current.ask(...args));
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      replies.push(new ReplyError('ERR unknown command: the connection was closed'));
    }
  }
  current.close();
  return replies;
}

function isReply(reply: Reply | null, id: ReturnType<typeof classifyReply>['id']): boolean {
  return reply instanceof ReplyError && classifyReply(reply.message).id === id;
}

function stateOf(reply: Reply | null): CommandState {
  if (!(reply instanceof ReplyError)) return 'usable';
  const { id, action } = classifyReply(reply.message);
  switch (id) {
    case 'unknown-command':
    case 'not-in-cluster-mode':
    case 'no-database':
      return 'missing';
    case 'no-permission':
      return 'denied';
    case 'no-key-permission':
    // It is the command itself that says so.
    case 'out-of-memory':
      return 'usable';
    default:
      // Refused for its arguments is what was wanted; what depends on the state of the server says nothing.
      return action === 'wait' || action === 'rediscover' || action === 'stop' ? 'unknown' : 'usable';
  }
}

function modulesIn(reply: Reply | null): readonly ModuleInfo[] | null {
  if (!Array.isArray(reply)) return null;
  return (reply as readonly Reply[]).map((entry) => {
    const fields = Array.isArray(entry) ? (entry as readonly Reply[]) : [];
    const valueOf = (name: string): Reply | undefined => fields[fields.findIndex((f) => replyText(f) === name) + 1];
    const version = valueOf('ver');
    return { name: replyText(valueOf('name')), version: typeof version === 'number' ? version : null };
  });
}

/** `module:name=ReJSON,ver=20609,api=1,…` */
function modulesInInfo(reply: Reply | null): readonly ModuleInfo[] | null {
  if (reply === null || reply instanceof ReplyError) return null;
  const modules: ModuleInfo[] = [];
  for (const line of replyText(reply).split(/\r?\n/)) {
    const [, name, version] = /^module:name=([^,]+),ver=(\d+)/.exec(line) ?? [];
    if (name !== undefined) modules.push({ name, version: Number(version) });
  }
  return parseInfo(replyText(reply)).size > 0 ? modules : null;
}

function databasesIn(reply: Reply | null): number | null {
  if (!Array.isArray(reply)) return null;
  const value = Number(replyText((reply as readonly Reply[])[1]));
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

function commandRecord(stateFor: (name: ProbedCommand) => CommandState): Record<ProbedCommand, CommandState> {
  return Object.fromEntries(COMMANDS.map((name) => [name, stateFor(name)])) as Record<ProbedCommand, CommandState>;
}

function worst(states: readonly CommandState[]): CommandState {
  return states.reduce((a, b) => (STATES.indexOf(a) > STATES.indexOf(b) ? a : b), 'usable');
}

function lowest(targets: readonly Target[]): Target {
  return targets.reduce((a, b) => (b.version < a.version ? b : a));
}

function minimum(numbers: readonly (number | null)[]): number | null {
  return numbers.reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)));
}

function commonModules(nodes: readonly NodeProbe[]): readonly ModuleInfo[] | null {
  const [first, ...others] = nodes;
  if (first?.modules == null || others.some(({ modules }) => modules === null)) return null;
  return first.modules.filter(({ name }) =>
    others.every(({ modules }) => modules?.some((module) => module.name === name) ?? false),
  );
}

function warningsOf(nodes: readonly NodeProbe[], products: readonly string[]): readonly string[] {
  const warnings: string[] = [];
  const evicting = nodes.find(({ state }) => (state.maxMemory ?? 0) > 0 && isEvicting(state.maxMemoryPolicy));
  if (evicting !== undefined) {
    const { maxMemory, maxMemoryPolicy } = evicting.state;
    warnings.push(
      `${evicting.shard.label} evicts keys (maxmemory-policy ${maxMemoryPolicy}) at ${maxMemory} bytes: restored keys may vanish`,
    );
  }
  if (products.length > 1) warnings.push(`the nodes are of different versions: ${products.join(', ')}`);
  if (nodes.some(({ hasKeyLimits }) => hasKeyLimits)) {
    warnings.push('the user may write some keys only: those that its ACL does not name will fail');
  }
  return warnings;
}

function isEvicting(policy: string | null): boolean {
  return policy !== null && policy !== 'noeviction';
}
