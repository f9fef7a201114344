import type { DataSet } from '../data-set.ts';
import { arrays } from './arrays.ts';
import { hashes, hashTtl } from './hashes.ts';
import * as keyspace from './keyspace.ts';
import { lists } from './lists.ts';
import { sets } from './sets.ts';
import { streams } from './streams.ts';
import { strings } from './strings.ts';
import { zsets } from './zsets.ts';

/** All data sets, in the order in which they are written. */
export const DATA_SETS: readonly DataSet[] = [
  keyspace.empty,
  keyspace.databases,
  strings,
  lists,
  sets,
  zsets,
  hashes,
  hashTtl,
  keyspace.expiry,
  streams,
  arrays,
  keyspace.vectorSets,
  keyspace.functions,
  keyspace.memberExpiry,
  keyspace.mixed,
  keyspace.mixedUncompressed,
  keyspace.mixedNoChecksum,
  keyspace.replicated,
  keyspace.idleTimes,
  keyspace.frequencies,
  keyspace.cluster,
  keyspace.modules,
  keyspace.large,
];
