import type { RdbOptions } from '@rdbkit/rdb';
import type { InputFlags } from '../flags/input-flags.ts';
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

/**
 * A value is gathered up to this length. Together with what is held back of the commands of a key, and Node itself, it keeps a
 * program below 150 MB of memory, whatever the dump.
 */
const RAW_BYTES = 32 * 1024 * 1024;

/** The same for commands that pass values on as they are stored. */
export function rdbOptions(flags: InputFlags, source: Pick<Source, 'dialect'>): RdbOptions {
  return { ...readerOptions(flags, source), rawBytes: RAW_BYTES };
}
