export { type Address, formatAddress, NatMap, parseAddress, type TcpAddress, type UnixAddress } from './address.ts';
export type { ReplyHandler } from './connection.ts';
export {
  type Credentials,
  describeEndpoint,
  type Endpoint,
  type EndpointKind,
  type EndpointOptions,
  type PemSource,
  parseEndpoint,
  streamEndpoint,
  type TlsOptions,
} from './endpoint.ts';
export { EndpointError, type EndpointErrorCode, type EndpointErrorDetails } from './endpoint-error.ts';
export { DEFAULT_RETRY_FOR_MS, Patience, type PatienceOptions, type Wait } from './patience.ts';
export type { ReplyAction } from './reply-class.ts';
export { redact, Secret } from './secret.ts';
export type { Shard, TopologyEvent } from './topology.ts';
