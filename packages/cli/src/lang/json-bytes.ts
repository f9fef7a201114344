import { Buffer, isUtf8 } from 'node:buffer';

/** A byte string in JSON: text when it is valid UTF-8, otherwise an object with Base64. */
export function jsonBytes(bytes: Uint8Array): string | { readonly $base64: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString('utf8') : { $base64: buffer.toString('base64') };
}
