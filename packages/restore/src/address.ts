/**
 * Where a server listens, and the map from announced addresses to those that can be reached.
 *
 * @module
 */

/** A host and a port. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** A socket file. */
export interface UnixAddress {
  readonly path: string;
}

/** Where a server listens. */
export type Address = TcpAddress | UnixAddress;

/**
 * An address in its usual form: `host:6379`, `[::1]:6379`, `/run/redis.sock`.
 *
 * @example
 * ```ts
 * import { formatAddress } from '@rdbkit/restore';
 * console.log(formatAddress({ host: '::1', port: 6379 })); // [::1]:6379
 * ```
 */
export function formatAddress(address: Address): string {
  if ('path' in address) return address.path;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/**
 * Parses `host:port`, `[v6]:port`, `host`, `[v6]`, `:port`; a bare IPv6 address has no port. What is left out is
 * `127.0.0.1` and `defaultPort`.
 *
 * @throws RangeError for anything else.
 *
 * @example
 * ```ts
 * import { parseAddress } from '@rdbkit/restore';
 * console.log(parseAddress('[::1]:7000', 6379)); // { host: '::1', port: 7000 }
 * ```
 */
export function parseAddress(text: string, defaultPort: number): TcpAddress {
  const match = /^(?:\[([^[\]]*)\]|([^[\]:]*)|([^[\]]*:[^[\]]*:[^[\]]*))(?::(\d*))?$/.exec(text);
  const [, bracketed, plain, bareV6, port] = match ?? [];
  const host = bracketed ?? plain ?? bareV6;
  if (host === undefined || /[\s/@,]/.test(host) || (bracketed !== undefined && !bracketed.includes(':'))) {
    throw new RangeError(`expected HOST:PORT (IPv6 as [::1]:6379), got ${JSON.stringify(text)}`);
  }
  return { host: host === '' ? '127.0.0.1' : host, port: parsePort(port, defaultPort) };
}

function parsePort(text: string | undefined, defaultPort: number): number {
  if (text === undefined || text === '') return defaultPort;
  const port = Number(text);
  if (port < 1 || port > 65_535) throw new RangeError(`expected a port from 1 to 65535, got ${text}`);
  return port;
}

/**
 * Maps addresses that servers announce to those under which they can be reached from here: port-forwards, containers.
 *
 * @example
 * ```ts
 * import { NatMap } from '@rdbkit/restore';
 * const nat = NatMap.parse(['10.0.0.5:6379=127.0.0.1:16379', 'redis-1=localhost']);
 * console.log(nat.apply({ host: '10.0.0.5', port: 6379 })); // { host: '127.0.0.1', port: 16379 }
 * console.log(nat.apply({ host: 'redis-1', port: 7000 })); // { host: 'localhost', port: 7000 }
 * ```
 */
export class NatMap {
  private readonly entries: ReadonlyMap<string, string | TcpAddress>;

  private constructor(entries: ReadonlyMap<string, string | TcpAddress>) {
    this.entries = entries;
  }

  /** The map that changes nothing. */
  static readonly NONE: NatMap = new NatMap(new Map());

  /**
   * Parses entries `HOST:PORT=HOST:PORT`, or `HOST=HOST` for all ports of a host.
   *
   * @throws RangeError naming the entry that is neither.
   */
  static parse(entries: readonly string[]): NatMap {
    return new NatMap(new Map(entries.map(parseNatEntry)));
  }

  /** The address to use for an announced one. */
  apply(announced: TcpAddress): TcpAddress {
    const mapped = this.entries.get(formatAddress(announced)) ?? this.entries.get(announced.host);
    if (mapped === undefined) return announced;
    return typeof mapped === 'string' ? { host: mapped, port: announced.port } : mapped;
  }
}

function parseNatEntry(entry: string): [string, string | TcpAddress] {
  const sides = entry.split('=');
  const [from, to] = sides;
  const wanted = 'expected HOST:PORT=HOST:PORT or HOST=HOST';
  if (sides.length !== 2 || !from || !to) throw new RangeError(`${wanted}, got ${JSON.stringify(entry)}`);
  // Port 0 stands for none: no server has it.
  const announced = parseNatSide(from);
  const reachable = parseNatSide(to);
  if ((announced.port === 0) !== (reachable.port === 0)) {
    throw new RangeError(`${wanted}, got ${JSON.stringify(entry)} with a port on one side only`);
  }
  if (announced.port === 0) return [announced.host, reachable.host];
  return [formatAddress(announced), reachable];
}

function parseNatSide(text: string): TcpAddress {
  return parseAddress(text, 0);
}
