/**
 * What servers answer.
 *
 * @module
 */

/**
 * An error reply. It is a value inside arrays, and thrown where a single reply is awaited.
 *
 * @example
 * ```ts
 * import { ReplyError } from '@rdbkit/resp';
 * console.log(new ReplyError('WRONGTYPE Operation against a key').prefix); // WRONGTYPE
 * ```
 */
export class ReplyError extends Error {
  override readonly name: string = 'ReplyError';

  /** The first word, by which kinds of errors are told apart: `ERR`, `MOVED`, `BUSYKEY`. */
  get prefix(): string {
    return this.message.split(' ', 1)[0] ?? '';
  }
}

/**
 * A reply. Simple and verbatim strings are strings, bulk strings are bytes that the receiver owns, integers beyond 2^53 and
 * big numbers are bigints, maps (RESP3) are arrays with keys and values in turns.
 */
export type Reply = string | number | bigint | boolean | Uint8Array | null | ReplyError | readonly Reply[];

const decoder = new TextDecoder();

/**
 * The text of a reply; empty for those without one.
 *
 * @example
 * ```ts
 * import { replyText } from '@rdbkit/resp';
 * console.log(replyText(Uint8Array.of(0x68, 0x69)), replyText(7)); // hi 7
 * ```
 */
export function replyText(reply: Reply | undefined): string {
  if (reply instanceof Uint8Array) return decoder.decode(reply);
  if (reply instanceof ReplyError) return reply.message;
  if (reply === null || typeof reply === 'object' || reply === undefined) return '';
  return String(reply);
}
