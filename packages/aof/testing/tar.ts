/** Tar archives put together for tests. */
import { Buffer } from 'node:buffer';

const BLOCK = 512;

/** What of a header is not as it is for a file of ustar. */
export interface TarEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly type?: string;
  readonly prefix?: string;
  readonly link?: string;
  /** The size field, instead of the content's length in octal. */
  readonly size?: string;
  /** @default 'ustar\0' and version 00 */
  readonly magic?: string;
  readonly checksum?: string;
}

/** An archive with its end. */
export function tar(...entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(tarEntry), Buffer.alloc(2 * BLOCK)]);
}

/** An entry of an archive: header, content, padding. */
export function tarEntry(entry: TarEntry): Buffer {
  const content = typeof entry.content === 'object' ? entry.content : Buffer.from(entry.content ?? '', 'latin1');
  const header = Buffer.alloc(BLOCK);
  header.write(entry.name, 0, 100, 'latin1');
  header.write('0000644\0', 100);
  header.write(entry.size ?? `${content.length.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
  header.write('00000000000\0', 136);
  header.write(entry.type ?? '0', 156, 'latin1');
  header.write(entry.link ?? '', 157, 100, 'latin1');
  header.write(entry.magic ?? 'ustar\x0000', 257, 8, 'latin1');
  header.write(entry.prefix ?? '', 345, 155, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(entry.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

/** An extended header for the entry that follows. */
export function paxEntry(records: Readonly<Record<string, string>>, type = 'x'): Buffer {
  const content = Object.entries(records)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`;
      let length = rest.length;
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
      return `${length}${rest}`;
    })
    .join('');
  return tarEntry({ name: 'pax', content, type });
}
