/**
 * Where to restore to, as users write it.
 *
 * @module
 */
import type { Duplex } from 'node:stream';
import { type Address, formatAddress, NatMap } from './address.ts';
import { parseUri, type UriParts } from './internal/uri.ts';
import { Secret } from './secret.ts';

/** Who logs in. */
export interface Credentials {
  /** `null` for the server's default user. */
  readonly user: string | null;
  readonly password: Secret;
}

/** A certificate or key: the path of a PEM file, or its content as bytes. */
export type PemSource = string | Uint8Array;

/** How TLS is spoken. */
export interface TlsOptions {
  /** Who signed the server's certificate; by default those that Node trusts. */
  readonly ca?: PemSource | undefined;
  /** Our own certificate, for servers that ask for one. */
  readonly cert?: PemSource | undefined;
  /** The key of our certificate. */
  readonly key?: PemSource | undefined;
  /** The name that the certificate must have, where it is not the host that is dialled: tunnels, port-forwards. */
  readonly servername?: string | undefined;
  /** Accept any certificate. */
  readonly insecure?: boolean | undefined;
}

/** Ways to find the servers. */
export type EndpointKind =
  /** One fixed address: a server, a proxy, a port-forward, a socket file, a caller's own stream. */
  'standalone' | 'sentinel' | 'cluster';

/** Where to restore to. */
export interface Endpoint {
  readonly kind: EndpointKind;
  /** What the user named: the server, the Sentinels, or some nodes of the cluster. Never empty. */
  readonly addresses: readonly Address[];
  /** The login at data servers; `null` for none. */
  readonly credentials: Credentials | null;
  /** The login at Sentinels; `null` for none. */
  readonly sentinelCredentials: Credentials | null;
  /** The name under which Sentinels know the master; `null` unless `kind` is `sentinel`. */
  readonly masterName: string | null;
  readonly db: number;
  /** `null` for plain connections. */
  readonly tls: TlsOptions | null;
  readonly sentinelTls: TlsOptions | null;
  readonly nat: NatMap;
  /** Makes a connected stream, instead of dialling the address; `null` as a rule. */
  readonly connect: (() => Duplex | Promise<Duplex>) | null;
}

/** What comes from elsewhere than the URI: flags, which win over it, and the environment, which does not. */
export interface EndpointOptions {
  /**
   * Environment variables: `RDBKIT_PASSWORD` or `REDISCLI_AUTH` for the data servers, `RDBKIT_SENTINEL_PASSWORD` for
   * Sentinels. None by default.
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly user?: string | undefined;
  readonly password?: string | Secret | undefined;
  readonly sentinelUser?: string | undefined;
  readonly sentinelPassword?: string | Secret | undefined;
  readonly db?: number | undefined;
  /** For addresses that speak TLS; each option wins over the same one in the URI. */
  readonly tls?: TlsOptions | undefined;
  /** Entries for {@link NatMap.parse}. */
  readonly nat?: readonly string[] | undefined;
}

/**
 * Parses where to restore to:
 *
 * - `redis://[[user]:password@]host[:port][/db]`, `rediss://…` with TLS; `valkey`, `keydb` and `dragonfly` do as well
 * - `redis-sentinel://[…@]host[:26379][,host…]/master[/db]`
 * - `redis-cluster://[…@]host[:port][,host…]`
 * - `unix:///path[?db=n]`, a path that ends in `.sock`
 * - `host`, `host:port`, `[v6]:port`, `:port`
 *
 * A user name or password has `/`, `?` and `%` as `%2F`, `%3F` and `%25`; one word before the `@` is a password. The options
 * behind `?` are in the guide.
 *
 * @throws RangeError in one line and without any password, for everything that is not understood.
 *
 * @example
 * ```ts
 * import { describeEndpoint, parseEndpoint } from '@rdbkit/restore';
 * const endpoint = parseEndpoint('rediss://app:s3cret@db.example:6380/2');
 * console.log(endpoint.kind, endpoint.db, endpoint.credentials?.user); // standalone 2 app
 * console.log(describeEndpoint(endpoint)); // db.example:6380, database 2, with TLS, as user app
 * ```
 */
export function parseEndpoint(uri: string, options: EndpointOptions = {}): Endpoint {
  const parts = parseUri(uri);
  const { env = {} } = options;
  const tls = { ...parts.tls, ...defined(options.tls) };
  const hasTlsOptions = Object.values(tls).some((value) => value !== undefined && value !== false);
  if (hasTlsOptions && !parts.isTls && !parts.isSentinelTls) {
    throw new RangeError('options for TLS need an address that speaks it: rediss://…');
  }
  return {
    kind: parts.kind,
    addresses: parts.addresses,
    credentials: credentialsOf(
      options.user ?? parts.user,
      options.password ?? parts.password ?? env.RDBKIT_PASSWORD ?? env.REDISCLI_AUTH,
    ),
    sentinelCredentials:
      parts.kind === 'sentinel'
        ? credentialsOf(
            options.sentinelUser ?? parts.sentinelUser,
            options.sentinelPassword ?? parts.sentinelPassword ?? env.RDBKIT_SENTINEL_PASSWORD,
          )
        : null,
    masterName: parts.masterName,
    db: databaseOf(options, parts),
    tls: parts.isTls ? tls : null,
    sentinelTls: parts.isSentinelTls ? tls : null,
    nat: options.nat === undefined ? NatMap.NONE : NatMap.parse(options.nat),
    connect: null,
  };
}

/**
 * An endpoint behind streams that the caller makes: an SSH channel, a tunnel. `connect` is called for each connection, and
 * for each one after a failure; the stream is ours from then on. RESP is spoken over it, in TLS if `options` say so.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { describeEndpoint, streamEndpoint } from '@rdbkit/restore';
 * const endpoint = streamEndpoint(() => connect(16379, '127.0.0.1'), { password: 's3cret' });
 * console.log(describeEndpoint(endpoint)); // the given stream
 * ```
 */
export function streamEndpoint(
  connect: () => Duplex | Promise<Duplex>,
  options: Omit<EndpointOptions, 'sentinelUser' | 'sentinelPassword' | 'nat'> = {},
): Endpoint {
  const { tls, ...others } = options;
  return { ...parseEndpoint('127.0.0.1', others), addresses: [STREAM_ADDRESS], tls: tls ?? null, connect };
}

/** What stands for the address of a caller's stream. */
const STREAM_ADDRESS: Address = { path: 'the given stream' };

/** An endpoint in words, without any secret. */
export function describeEndpoint(endpoint: Endpoint): string {
  const { kind, credentials, db } = endpoint;
  const addresses = endpoint.addresses.map(formatAddress).join(', ');
  const words = [addresses];
  if (kind === 'sentinel') words[0] = `master ${endpoint.masterName} of Sentinel ${addresses}`;
  if (kind === 'cluster') words[0] = `cluster of ${addresses}`;
  if (db !== 0) words.push(`database ${db}`);
  if (endpoint.tls !== null) words.push('with TLS');
  if (credentials?.user) words.push(`as user ${credentials.user}`);
  return words.join(', ');
}

function credentialsOf(user: string | undefined, password: string | Secret | undefined): Credentials | null {
  // Environments have empty variables for unset ones; who means an empty password names the user.
  if (user === undefined && (password === undefined || password === '')) return null;
  return { user: user ?? null, password: password instanceof Secret ? password : new Secret(password ?? '') };
}

function databaseOf(options: EndpointOptions, parts: UriParts): number {
  const db = options.db ?? parts.db ?? 0;
  if (!Number.isSafeInteger(db) || db < 0) throw new RangeError(`expected a database number, got ${db}`);
  return db;
}

function defined(tls: TlsOptions = {}): TlsOptions {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}
