/**
 * What each error reply asks of somebody who restores: the one table of them.
 *
 * From the sources of Redis 8.4 and from runs of the servers of all versions at hand; older wordings stand beside the newer.
 *
 * @module
 */

/** What to do about an error reply. */
export type ReplyAction =
  /** The key exists and was not to be replaced: the policy for existing keys decides. */
  | 'exists'
  /** This key cannot be written in this way; another way may do, else it is reported. */
  | 'key'
  /** The server lacks the command or an option of it: use another, for all keys. */
  | 'feature'
  /** Passes by itself: wait, then send again. */
  | 'wait'
  /** The server is not the master: find the master, then send again from there. */
  | 'rediscover'
  /** Another node has the slot (`MOVED`), or has the key by now (`ASK`). */
  | 'redirect'
  /** A transaction was not executed because of an error before. */
  | 'transaction'
  /** Nothing more can be written until somebody changes something. */
  | 'stop';

/** The names of the kinds of error replies. */
export type ReplyId =
  | 'busy-key'
  | 'payload-version'
  | 'bad-data'
  | 'bad-ttl'
  | 'wrong-type'
  | 'stream-id'
  | 'group-exists'
  | 'library-exists'
  | 'too-long'
  | 'cross-slot'
  | 'no-key-permission'
  | 'syntax'
  | 'arity'
  | 'unknown-command'
  | 'no-script'
  | 'no-protocol'
  | 'not-in-cluster-mode'
  | 'moved'
  | 'ask'
  | 'try-again'
  | 'cluster-down'
  | 'read-only'
  | 'master-down'
  | 'demoted'
  | 'loading'
  | 'busy'
  | 'no-replicas'
  | 'max-clients'
  | 'exec-abort'
  | 'out-of-memory'
  | 'cannot-persist'
  | 'no-auth'
  | 'wrong-password'
  | 'no-permission'
  | 'protected-mode'
  | 'no-database'
  | 'protocol'
  | 'other';

/** What an error reply means. */
export interface ReplyClass {
  readonly id: ReplyId;
  readonly action: ReplyAction;
  /** What it means and what helps, for people; one line. */
  readonly advice: string;
}

interface ReplyRule extends ReplyClass {
  readonly pattern: RegExp;
}

/** The first that matches counts. */
const RULES: readonly ReplyRule[] = [
  {
    id: 'busy-key',
    action: 'exists',
    pattern: /^BUSYKEY |^ERR Target key name is busy/,
    advice: 'the key exists already; --existing replace or skip says what to do with such keys',
  },
  {
    id: 'payload-version',
    action: 'key',
    pattern: /^ERR (DUMP payload version or checksum are wrong|Bad dump payload)/i,
    advice: 'the target does not take payloads of this version',
  },
  {
    id: 'bad-data',
    action: 'key',
    pattern: /^ERR Bad data format/i,
    advice: 'the target does not know this kind of value, lacks its module, or finds the value damaged',
  },
  {
    id: 'bad-ttl',
    action: 'key',
    pattern:
      /^ERR (Invalid (TTL|IDLETIME|FREQ) value|invalid expire time|value is not an integer or out of range.*ttl)/i,
    advice: 'the target does not take this expiry or usage value',
  },
  {
    id: 'wrong-type',
    action: 'key',
    pattern: /^WRONGTYPE |^ERR Operation against a key holding the wrong kind of value/,
    advice: 'the key exists with a value of another type; --existing replace deletes it first',
  },
  {
    id: 'group-exists',
    action: 'key',
    pattern: /^BUSYGROUP /,
    advice: 'the stream exists already with this consumer group',
  },
  {
    id: 'stream-id',
    action: 'key',
    pattern: /^ERR The ID specified in X(ADD|SETID|GROUP)|^ERR The entries_added specified in XSETID/i,
    advice: 'the stream exists already with entries beyond this ID; --existing replace deletes it first',
  },
  {
    id: 'library-exists',
    action: 'key',
    pattern: /^ERR Library '.*' already exists/i,
    advice: 'the target has a function library of this name; --existing replace replaces it',
  },
  {
    id: 'too-long',
    action: 'key',
    pattern: /^ERR Protocol error: invalid bulk length|^ERR string exceeds maximum allowed size/i,
    advice: "the value is longer than the target's proto-max-bulk-len",
  },
  {
    id: 'cross-slot',
    action: 'key',
    pattern: /^CROSSSLOT /,
    advice: 'the command names keys of several slots, which a cluster refuses',
  },
  {
    id: 'moved',
    action: 'redirect',
    pattern: /^MOVED \d/,
    advice: 'the target is a cluster, and another node has the key',
  },
  { id: 'ask', action: 'redirect', pattern: /^ASK \d/, advice: 'the slot is being moved to another node' },
  {
    id: 'try-again',
    action: 'wait',
    pattern: /^TRYAGAIN /,
    advice: 'the slot is being moved: a command on several keys has to wait, or to be split',
  },
  {
    id: 'cluster-down',
    action: 'wait',
    pattern: /^CLUSTERDOWN/,
    advice: 'the cluster does not take writes at present: a node fails over, or slots have no node',
  },
  {
    id: 'read-only',
    action: 'rediscover',
    pattern: /^READONLY /,
    advice: 'the target is a replica: name its master, or the Sentinels that know it',
  },
  {
    id: 'master-down',
    action: 'rediscover',
    pattern: /^MASTERDOWN /,
    advice: 'the target is a replica that has lost its master',
  },
  {
    id: 'demoted',
    action: 'rediscover',
    // While a WAIT was under way, and after it.
    pattern: /^UNBLOCKED |^ERR WAIT cannot be used with (replica|slave)/,
    advice: 'the target became a replica',
  },
  { id: 'loading', action: 'wait', pattern: /^LOADING /, advice: 'the target loads its dataset' },
  {
    id: 'busy',
    action: 'wait',
    pattern: /^BUSY /,
    advice: 'the target runs a script or function that does not end; SCRIPT KILL or FUNCTION KILL ends it',
  },
  {
    id: 'no-replicas',
    action: 'wait',
    pattern: /^NOREPLICAS /,
    advice: 'the target has fewer good replicas than min-replicas-to-write asks for',
  },
  {
    id: 'max-clients',
    action: 'wait',
    pattern: /^ERR max number of clients reached/i,
    advice: 'the target has as many clients as it allows: use fewer connections, or raise maxclients',
  },
  {
    id: 'exec-abort',
    action: 'transaction',
    pattern: /^EXECABORT /,
    advice: 'the transaction was dropped because of the error before',
  },
  {
    id: 'out-of-memory',
    action: 'stop',
    pattern: /^OOM /,
    advice: 'the target has reached maxmemory: raise it, or restore fewer keys; then go on with --resume',
  },
  {
    id: 'cannot-persist',
    action: 'stop',
    pattern: /^MISCONF /,
    advice:
      "the target cannot write its own dump or AOF: see its log and disk; 'stop-writes-on-bgsave-error no' ignores it",
  },
  {
    id: 'no-auth',
    action: 'stop',
    pattern: /^NOAUTH |^ERR operation not permitted/i,
    advice: 'the target wants a login: give a user and password',
  },
  {
    id: 'wrong-password',
    action: 'stop',
    pattern: /^WRONGPASS |^ERR invalid password/i,
    advice: 'wrong user or password',
  },
  {
    id: 'no-key-permission',
    action: 'stop',
    pattern:
      /^NOPERM (this user has no permissions to access one of the keys|No permissions to access a key|User .* has no permissions to access the '.*' key)/i,
    advice: 'the user may not touch this key: its ACL needs ~* or a pattern for all keys of the source',
  },
  {
    id: 'no-permission',
    action: 'stop',
    pattern: /^NOPERM /,
    advice:
      'the user may not run this command: its ACL needs +@write +@keyspace +restore +select +info and what the message names',
  },
  {
    id: 'protected-mode',
    action: 'stop',
    pattern: /^DENIED /,
    advice: 'the target is in protected mode: set a password there, or run this on its host',
  },
  {
    id: 'not-in-cluster-mode',
    action: 'feature',
    pattern: /is not allowed in cluster mode/i,
    advice: 'a cluster has database 0 only and cannot swap databases; --map-db maps others to it',
  },
  {
    id: 'no-database',
    action: 'stop',
    pattern: /^ERR (DB index is out of range|invalid DB index|invalid first DB index|invalid second DB index)/i,
    advice: "the target has fewer databases than the source: raise its 'databases' setting, or use --map-db",
  },
  {
    id: 'unknown-command',
    action: 'feature',
    pattern:
      /^ERR unknown (sub)?command|^ERR Unknown [A-Z]+ subcommand|^ERR unsupported command|^ERR command not (allowed|supported)/i,
    advice: 'the target does not know this command, or it was renamed',
  },
  {
    id: 'arity',
    action: 'feature',
    pattern: /^ERR wrong number of (arguments|args)/i,
    advice: 'the target knows a shorter form of this command only',
  },
  {
    id: 'syntax',
    action: 'feature',
    pattern: /^ERR syntax error|^ERR Unknown option/i,
    advice: 'the target does not know an option of this command',
  },
  {
    id: 'no-script',
    action: 'feature',
    pattern: /^NOSCRIPT /,
    advice: 'the target does not have this script: it was loaded before the source begins',
  },
  {
    id: 'no-protocol',
    action: 'feature',
    pattern: /^NOPROTO /,
    advice: 'the target does not speak this version of RESP',
  },
  {
    id: 'protocol',
    action: 'stop',
    pattern: /^ERR Protocol error|^ERR unbalanced quotes in request/i,
    advice:
      'the target, or a proxy before it, does not understand what was sent; this may be a fault of rdbkit: please report it',
  },
];

const OTHER: ReplyClass = { id: 'other', action: 'key', advice: 'the target refused the command' };

/**
 * Says what an error reply (its text without the `-`) asks for. What is not known counts as the key's own trouble.
 *
 * @example
 * ```ts
 * import { classifyReply } from '@rdbkit/restore';
 * const { id, action } = classifyReply('LOADING Redis is loading the dataset in memory');
 * console.log(id, action); // loading wait
 * ```
 */
export function classifyReply(text: string): ReplyClass {
  return RULES.find(({ pattern }) => pattern.test(text)) ?? OTHER;
}

/** All kinds of error replies, for documentation and tests. */
export const REPLY_CLASSES: readonly ReplyClass[] = [...RULES, OTHER].map(({ id, action, advice }) => ({
  id,
  action,
  advice,
}));
