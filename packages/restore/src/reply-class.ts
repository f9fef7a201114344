/**
 * What each error reply asks of somebody who restores: the one table of them.
 *
 * @module
 */

/** What to do about an error reply. */
export type ReplyAction =
  /** The key exists and was not to be replaced: the policy for existing keys decides. */
  | 'exists'
  /** This key cannot be written in this way; another way may do, else it is reported. */
  | 'key'
  /** The server lacks the command or an option of it: use another, for all keys. */
  | 'feature'
  /** Passes by itself: wait, then send again. */
  | 'wait'
  /** The server is not the master: find the master, then send again from there. */
  | 'rediscover'
  /** Another node has the slot (`MOVED`), or has the key by now (`ASK`). */
  | 'redirect'
  /** A transaction was not executed because of an error before. */
  | 'transaction'
  /** Nothing more can be written until somebody changes something. */
  | 'stop';
