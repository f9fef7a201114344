/**
 * What needs Node: logs of the file system.
 *
 * @module
 */
export { directoryAt, openAof } from '@rdbkit/aof/node';
