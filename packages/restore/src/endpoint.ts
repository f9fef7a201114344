/**
 * Where to restore to, as users write it.
 *
 * @module
 */
import type { Duplex } from 'node:stream';
import type { Address, NatMap } from './address.ts';
import type { Secret } from './secret.ts';

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
