/**
 * What goes wrong between here and a server, in words that say what to do.
 *
 * @module
 */
import { type Address, formatAddress } from './address.ts';

/** The codes of {@link EndpointError}; listed in docs/reference/errors.md. */
export type EndpointErrorCode =
  /** The host name is unknown. */
  | 'ENDPOINT_DNS'
  /** Nobody listens there. */
  | 'ENDPOINT_REFUSED'
  /** No way to the host, no permission for the socket file, or another fault of the system. */
  | 'ENDPOINT_UNREACHABLE'
  /** No answer in time: to the connection, the TLS handshake, or to commands while nothing else moves. */
  | 'ENDPOINT_TIMEOUT'
  /** The other side closed or reset the connection. */
  | 'ENDPOINT_CLOSED'
  /** Who answers does not speak RESP. */
  | 'ENDPOINT_NOT_REDIS'
  /** The port speaks TLS and we do not, or the reverse. */
  | 'ENDPOINT_TLS_MISMATCH'
  /** The server's certificate is not accepted, or ours is not, or a file with one cannot be used. */
  | 'ENDPOINT_TLS'
  /** Wrong user or password. */
  | 'ENDPOINT_WRONG_PASSWORD'
  /** The server wants a login and none was given. */
  | 'ENDPOINT_LOGIN_REQUIRED'
  /** The user may not do what is needed. */
  | 'ENDPOINT_NOT_PERMITTED'
  /** Protected mode: the server takes connections from its own host only. */
  | 'ENDPOINT_PROTECTED'
  /** `maxclients` reached. */
  | 'ENDPOINT_MAX_CLIENTS'
  /** The database number does not exist there. */
  | 'ENDPOINT_DATABASE'
  /** The server is a replica. */
  | 'ENDPOINT_REPLICA'
  /** A data server where a Sentinel was named, a Sentinel where a data server was named, a node without its cluster. */
  | 'ENDPOINT_WRONG_MODE'
  /** No Sentinel that answered knows the name. */
  | 'ENDPOINT_UNKNOWN_MASTER'
  /** No Sentinel answers, or none can name a working master. */
  | 'ENDPOINT_NO_MASTER'
  /** Nodes of the cluster cannot be reached at the addresses that it announces, or slots have no node. */
  | 'ENDPOINT_CLUSTER'
  /** The shard has no slots and no master any more: ask again who owns the slot. */
  | 'ENDPOINT_SHARD_GONE'
  /** Sentinel or the cluster made another server the master. */
  | 'ENDPOINT_DEMOTED'
  /** The server loads its dataset. */
  | 'ENDPOINT_LOADING'
  /** The server broke off because of what was sent, or answered what nobody asked for. */
  | 'ENDPOINT_PROTOCOL'
  /** Waiting for a sick target took longer than allowed; the `cause` says what it was waiting for. */
  | 'ENDPOINT_GAVE_UP';

/** Codes after which trying again may help: somebody may repair, restart or promote a server. */
const PASSING: ReadonlySet<EndpointErrorCode> = new Set<EndpointErrorCode>([
  'ENDPOINT_DNS',
  'ENDPOINT_REFUSED',
  'ENDPOINT_UNREACHABLE',
  'ENDPOINT_TIMEOUT',
  'ENDPOINT_CLOSED',
  'ENDPOINT_MAX_CLIENTS',
  'ENDPOINT_REPLICA',
  'ENDPOINT_NO_MASTER',
  'ENDPOINT_CLUSTER',
  'ENDPOINT_DEMOTED',
  'ENDPOINT_LOADING',
]);

/** Further facts of an {@link EndpointError}. */
export interface EndpointErrorDetails {
  readonly address?: Address;
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * An endpoint cannot be used, or no longer. The message is one line, says what was found at which address, and holds no
 * secret.
 *
 * @example
 * ```ts
 * import { EndpointError } from '@rdbkit/restore';
 * const error = new EndpointError('ENDPOINT_REFUSED', 'nobody listens', { address: { host: 'db', port: 6379 } });
 * console.log(error.message, error.isPassing); // db:6379: nobody listens true
 * ```
 */
export class EndpointError extends Error {
  override readonly name: string = 'EndpointError';
  readonly code: EndpointErrorCode;
  readonly address: Address | null;
  /** What the user can do about it, one line; `null` when the message says it all. */
  readonly hint: string | null;

  constructor(code: EndpointErrorCode, message: string, details: EndpointErrorDetails = {}) {
    const { address, hint, cause } = details;
    super(address === undefined ? message : `${formatAddress(address)}: ${message}`, { cause });
    this.code = code;
    this.address = address ?? null;
    this.hint = hint ?? null;
  }

  /** Whether trying again may help. */
  get isPassing(): boolean {
    return PASSING.has(this.code);
  }
}
