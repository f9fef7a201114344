/** Files of Dragonfly, KeyDB and their kin from other projects: the keys that the list counts, or a typed error. */
import { DataError } from '@rdbkit/bytes';
import { listVectors, missingCollections, tellMissingCollections } from '@rdbkit/testkit';
import { describe, expect, it } from 'vitest';
import { readInSteps, readWhole } from '../testing/event-log.ts';
import type { Dialect } from './visitor.ts';

tellMissingCollections();

const PROJECTS =
  /^(?:dragonflydb|Snapchat|ctripcorp|apache\+kvrocks|hanzoai|lobbenedesign|tair-opensource|CodisLabs|EchoVault|Yipit)/;

const files = listVectors('peer-data').filter(({ manifest }) => PROJECTS.test(manifest?.path ?? ''));

/** What ends a file of which the list says that no server reads it. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  'ctripcorp+x-pipe/dump6379.rdb': /^RDB_BAD_TYPE /,
  'hanzoai+kv/encodings-rdb75-unknown-types.rdb': /^RDB_UNSUPPORTED_VERSION /,
  'hanzoai+kv/encodings-rdb987-unknown-types.rdb': /^RDB_UNSUPPORTED_VERSION /,
  'lobbenedesign+NexCache-SOVEREIGN-NV-RUBIN-4.0/encodings-rdb987.rdb': /^RDB_BAD_MAGIC /,
  'lobbenedesign+NexCache-SOVEREIGN-NV-RUBIN-4.0/hash-zipmap.rdb': /^RDB_BAD_MAGIC /,
};

describe.skipIf(missingCollections().includes('peer-data'))('files of the family', () => {
  it('are at hand', () => {
    expect(files.length).toBeGreaterThan(25);
  });

  it.each(files.map((file) => [file.manifest?.path ?? '', file] as const))('%s', (path, file) => {
    const { manifest } = file;
    const bytes = file.read();
    const { events, error } = readWhole(bytes);
    expect(readInSteps(bytes, 4093)).toEqual({ events, error });
    if (manifest?.state === 'good') {
      expect(error).toBeNull();
      const keys = events.split('\n').filter((line) => line.startsWith('keyEnd')).length;
      expect(`keys=${keys}`).toBe(manifest.count);
    } else {
      expect(error).toBeInstanceOf(DataError);
      const expected = EXPECTED[path];
      if (expected !== undefined) expect(`${error?.code} ${error?.message}`).toMatch(expected);
    }
  });

  it('a dump of Redis-On-Rocks with bitmaps, once its dialect is named', () => {
    const file = files.find(({ manifest }) => manifest?.path === 'ctripcorp+x-pipe/dump6379.rdb');
    const bytes = file?.read() ?? new Uint8Array(0);
    expect(readWhole(bytes).error?.message).toContain('192, which is ROR_BITMAP in the dialect ror-8.2');
    const dialect: Dialect = 'ror-8.2';
    const { events, error } = readWhole(bytes, {}, { dialect });
    expect(error).toBeNull();
    expect(events).toMatch(/\nkey 0 192 /);
    expect(events).toMatch(/\nend ror-8\.2 12 /);
  });
});
