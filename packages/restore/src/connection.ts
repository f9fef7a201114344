/**
 * One authenticated connection to one server.
 *
 * @module
 */
import type { EndpointError } from './endpoint-error.ts';

/**
 * Takes what comes back for the commands that {@link Connection.write} sent, in their order.
 *
 * Calls come synchronously out of the socket's data event; none of them may throw. Replies to {@link Connection.call} and
 * RESP3 pushes are not among them.
 */
export interface ReplyHandler {
  /** The next `count` commands were answered, with neither of the following. */
  ok(count: number): void;
  /** The next command was answered with null or the integer 0: `SET … NX` of an existing key, `RENAMENX`, `DEL` of nothing. */
  none(): void;
  /**
   * The next command was answered with an error: its text without the `-`, at most 4 KiB of it.
   *
   * `isNested`: the error is the first one inside an array, hence one of the commands of a transaction failed.
   */
  error(text: string, isNested: boolean): void;
  /** After {@link Connection.write} returned `false`: there is room again. */
  drain(): void;
  /** The connection is gone, and what was not answered will not be. Called once, last; not after our own `close`. */
  closed(error: EndpointError): void;
}
