/**
 * Bytes that are no RESP.
 *
 * @module
 */
import { DataError } from '@rdbkit/bytes';

/**
 * The input is not RESP (`RESP_SYNTAX`), or of a size that no sane sender has (`RESP_LIMIT`). `offset` counts all bytes since
 * the beginning.
 */
export class RespError extends DataError {
  override readonly name: string = 'RespError';
}
