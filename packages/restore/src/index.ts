export { type Address, formatAddress, NatMap, parseAddress, type TcpAddress, type UnixAddress } from './address.ts';
export {
  type Argument,
  Connection,
  type ConnectionOptions,
  DEFAULT_REPLY_TIMEOUT_MS,
  type ReplyHandler,
} from './connection.ts';
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
export { identifyFile } from './identify-file.ts';
export { formatMetrics } from './metrics.ts';
export { openTopology, type TopologyOptions } from './open-topology.ts';
export { DEFAULT_RETRY_FOR_MS, Patience, type PatienceOptions, type Wait } from './patience.ts';
export { type CommandState, type ModuleInfo, type NodeProbe, type Probe, type ProbedCommand, probe } from './probe.ts';
export { classifyReply, REPLY_CLASSES, type ReplyAction, type ReplyClass, type ReplyId } from './reply-class.ts';
export { PreparedRestore, prepareRestore, type RestoreSource, type RestoreTarget, restore } from './restore.ts';
export { RestoreError, type RestoreErrorCode } from './restore-error.ts';
export type { JournalOptions, LogReplayOptions, RecordLog, RestoreEvent, RestoreOptions } from './restore-options.ts';
export type { LogResult, RestoreCounts, RestorePlan, RestoreProgress, RestoreResult } from './restore-progress.ts';
export type { RecordOutcome, RestoreRecord } from './restore-record.ts';
export { redact, Secret } from './secret.ts';
export { parseServerState, type Role, type ServerState } from './server-state.ts';
export type { Redirection, Shard, Topology, TopologyEvent } from './topology.ts';
