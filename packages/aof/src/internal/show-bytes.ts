/** Bytes of the input in messages. */

const SHOWN_BYTES = 24;

/** The beginning of `bytes[start, end)` in double quotes, with escapes for what cannot be printed. */
export function showBytes(bytes: Uint8Array, start: number, end: number): string {
  const last = Math.min(end, start + SHOWN_BYTES);
  let text = '';
  for (let at = start; at < last; at++) text += showByte(bytes[at]);
  return `"${text}"${last < end ? ' …' : ''}`;
}

function showByte(byte: number): string {
  if (byte === 0x0d) return '\\r';
  if (byte === 0x0a) return '\\n';
  if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
}
