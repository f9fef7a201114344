/**
 * The memory model against a server that has loaded the same dump.
 *
 * @module
 */
import { packVersion } from '@rdbkit/commands';
import { RdbReader } from '@rdbkit/rdb';
import { isAtLeast, type ServerProgram, startServer, type TestServer } from '@rdbkit/testkit';
import type { Allocator } from '../src/allocator.ts';
import { KeyMeter } from '../src/key-meter.ts';
import { memoryWorkload } from './memory-workload.ts';

/** A key as the model and the server see it. */
interface ComparedKey {
  readonly key: string;
  readonly kind: string;
  /** Of the model. */
  readonly encoding: string;
  readonly elements: number;
  readonly usage: number;
  /** `MEMORY USAGE key SAMPLES 0`, `OBJECT ENCODING key`; `null` where the server has no such command. */
  readonly serverUsage: number | null;
  readonly serverEncoding: string;
}

/** One server. */
export interface Comparison {
  readonly label: string;
  readonly allocator: Allocator;
  readonly dump: Uint8Array;
  readonly keys: readonly ComparedKey[];
  /** Growth of `used_memory` by loading the dump, and what the model says of it. */
  readonly used: number;
  readonly estimatedUsed: number;
  /** `used_memory_dataset`, since 4.0. */
  readonly dataset: number | null;
  readonly estimatedDataset: number;
}

/** Collects what the meter says, by database and name. */
export class Measured extends KeyMeter {
  readonly keys: { key: string; kind: string; encoding: string; elements: number; usage: number; allocated: number }[] =
    [];
  expiring = 0;
  allocated = 0;
  private name = '';

  override key(header: Parameters<KeyMeter['key']>[0]): ReturnType<KeyMeter['key']> {
    this.name = Buffer.from(header.bytes.subarray(header.start, header.end)).toString('latin1');
    if (header.expireAtMs !== null) this.expiring++;
    return super.key(header);
  }
  override keyEnd(end: number): void {
    super.keyEnd(end);
    const { kind, encoding, elements, usage, allocated } = this.facts;
    this.allocated += allocated;
    this.keys.push({ key: this.name, kind, encoding, elements, usage, allocated });
  }
}

/** Reads a dump with the meter. */
export function measure(dump: Uint8Array, options: ConstructorParameters<typeof KeyMeter>[0]): Measured {
  const measured = new Measured(options);
  const reader = new RdbReader(measured);
  reader.push(dump);
  reader.finish();
  return measured;
}

/** Fills a server, saves, loads the dump into a new one and compares. */
export async function compareMemory(program: ServerProgram): Promise<Comparison> {
  const config = program.flavour === 'valkey' || isAtLeast(program, 7) ? { 'enable-debug-command': 'yes' } : {};
  const source = await startServer(program, { config });
  let dump: Uint8Array;
  try {
    const batch: (readonly (string | number | bigint | Uint8Array)[])[] = [];
    for (const command of memoryWorkload(program)) {
      batch.push(command);
      if (batch.length === 500) await source.client.callAll(batch.splice(0));
    }
    await source.client.callAll(batch);
    dump = await source.saveDump();
  } finally {
    await source.stop();
  }
  const empty = await startServer(program, { config });
  const before = await settledMemory(empty);
  await empty.stop();
  const server = await startServer(program, { config, dump });
  try {
    const after = await settledMemory(server);
    const allocator = allocatorOf(program, await server.info('memory'));
    // A dump of Redis before 3.2 does not tell which server wrote it.
    const target = isAtLeast(program, 3, 2)
      ? undefined
      : ({ flavour: 'redis', version: packVersion(...program.version) } as const);
    const measured = measure(dump, { allocator, target });
    const keys: ComparedKey[] = [];
    for (const { key, kind, encoding, elements, usage } of measured.keys) {
      const name = Buffer.from(key, 'latin1');
      const serverUsage = isAtLeast(program, 4) ? await server.call('MEMORY', 'USAGE', name, 'SAMPLES', 0) : null;
      const serverEncoding = String(await server.call('OBJECT', 'ENCODING', name));
      keys.push({
        key,
        kind,
        encoding,
        elements,
        usage,
        serverUsage: serverUsage === null ? null : Number(serverUsage),
        serverEncoding,
      });
    }
    const count = measured.keys.length;
    const estimatedUsed = measured.allocated + measured.tableBytes(count, measured.expiring);
    return {
      label: program.label,
      allocator,
      dump,
      keys,
      used: after.used - before.used,
      estimatedUsed,
      dataset: after.dataset === null || before.dataset === null ? null : after.dataset,
      estimatedDataset: estimatedUsed - measured.datasetOverhead(count, measured.expiring),
    };
  } finally {
    await server.stop();
  }
}

async function settledMemory(server: TestServer): Promise<{ used: number; dataset: number | null }> {
  // Buffers of the connection and of loading are given back after a while.
  await new Promise((resolve) => {
    setTimeout(resolve, 1500);
  });
  const info = await server.info('memory');
  const dataset = info.used_memory_dataset;
  return { used: Number(info.used_memory), dataset: dataset === undefined ? null : Number(dataset) };
}

/** What the server says about its allocator; a jemalloc of a distribution has a larger quantum. */
function allocatorOf(program: ServerProgram, info: Readonly<Record<string, string>>): Allocator {
  const name = info.mem_allocator ?? '';
  if (name.startsWith('libc')) return program.flavour === 'redis' && !isAtLeast(program, 5) ? 'libc' : 'glibc';
  return program.path.startsWith('/usr/') ? 'jemalloc-q16' : 'jemalloc-q8';
}

/** How far the estimates of one type and encoding are off. */
export interface TypeDifference {
  readonly type: string;
  readonly keys: number;
  /** Shares of what the server says. */
  readonly median: number;
  readonly worst: number;
}

/** By type and encoding. */
export function errorsByType({ keys }: Comparison): TypeDifference[] {
  const errors = new Map<string, number[]>();
  for (const { kind, encoding, usage, serverUsage } of keys) {
    if (serverUsage === null) continue;
    const type = `${kind} ${encoding}`;
    errors.set(type, [...(errors.get(type) ?? []), Math.abs(usage / serverUsage - 1)]);
  }
  return [...errors]
    .map(([type, shares]) => ({ type, keys: shares.length, median: median(shares), worst: Math.max(...shares) }))
    .sort((a, b) => (a.type < b.type ? -1 : 1));
}

/** The middle of a list of numbers. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
