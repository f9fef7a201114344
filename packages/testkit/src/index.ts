export { type BrowserLaunch, browserForTests } from './browser.ts';
export * from './byte-writer.ts';
export { type CertificateOptions, type Certificates, makeCertificates, tlsForTests } from './certificates.ts';
export * from './compressed-frames.ts';
export * from './content.ts';
export { type CollectedModuleAux, ContentCollector } from './content-collector.ts';
export {
  type CoverageReader,
  CoverageVisitor,
  coverageTable,
  recordedCoverage,
  VECTORS_README,
  withCoverage,
} from './coverage.ts';
export { crc64 } from './crc64.ts';
export * from './dragonfly-builder.ts';
export * from './foreign-values.ts';
export { freePort } from './free-port.ts';
export { type HaproxyOptions, startHaproxy, type TestHaproxy } from './haproxy.ts';
export * from './logs.ts';
export { backReference, lzfCompress } from './lzf.ts';
export * from './packed-builder.ts';
export * from './rdb-builder.ts';
export * from './rdb-values.ts';
export { type CommandTarget, expiryToleranceMs, type ReadBackOptions, readBack, readFunctions } from './read-back.ts';
export { type Argument, encodeCommand, type PipeResult, type Reply, ReplyError, RespClient } from './resp-client.ts';
export * from './server.ts';
export * from './server-programs.ts';
export * from './stream-builder.ts';
export { startTcpProxy, TcpProxy } from './tcp-proxy.ts';
export { programForTests, skipped } from './test-programs.ts';
export * from './topologies.ts';
export * from './vectors.ts';
export * from './xxhash.ts';
