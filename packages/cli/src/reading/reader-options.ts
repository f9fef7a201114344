import type { RdbOptions } from '@rdbkit/rdb';
import type { InputFlags } from '../rdb2resp/flags.ts';
import type { Source } from '../source/open-source.ts';
import { zstdDecoder } from '../source/zstd-decoder.ts';

/** How a dump is read, by every command. */
export function readerOptions(flags: InputFlags, source: Pick<Source, 'dialect'>): RdbOptions {
  const maxStringBytes = flags['max-string-bytes'];
  return {
    checksum: !flags['no-checksum'],
    anyVersion: flags['any-version'],
    dialect: flags.dialect ?? source.dialect,
    zstd: zstdDecoder,
    ...(maxStringBytes === undefined ? {} : { maxStringBytes }),
  };
}
