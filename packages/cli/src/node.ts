/**
 * What needs Node: logs of the file system, restoring into endpoints.
 *
 * @module
 */
export { directoryAt, openAof } from '@rdbkit/aof/node';
export * from '@rdbkit/restore';
