/** A dump with keys of all types, made by a server. */
import { createHash } from 'node:crypto';
import { type ServerProgram, startServer, type TestServer } from '@rdbkit/testkit';

/** What is in it. */
export interface Sample {
  readonly dump: Buffer;
  /** Of the server that made it. */
  readonly digest: string;
  readonly keys: number;
}

/** What a sample is to hold. */
export interface SampleOptions {
  readonly keys?: number;
  /** In database 3, too. */
  readonly databases?: boolean;
}

/** Fills a server with `keys` keys: strings of all encodings, with and without expiry, aggregates, streams with groups. */
async function fill(server: TestServer, keys: number): Promise<void> {
  const client = await server.connect();
  let commands: (string | number)[][] = [];
  const words = (count: number, seed: number): string => `w${seed} `.repeat(count);
  for (let i = 0; i < keys; i++) {
    if (commands.length >= 2000) {
      await client.callAll(commands);
      commands = [];
    }
    const name = `key:${i}`;
    switch (i % 10) {
      case 0:
        commands.push(['SET', name, i]);
        break;
      case 1:
        commands.push(['SET', name, `value ${i}`]);
        break;
      case 2:
        commands.push(['SET', name, words(40, i), 'PXAT', 4_000_000_000_000 + i]);
        break;
      case 3:
        commands.push(['SET', name, `${i}`.repeat(30)]);
        break;
      case 4:
        commands.push(['RPUSH', name, ...Array.from({ length: 1 + (i % 40) }, (_, j) => `${i}-${j}`)]);
        break;
      case 5:
        commands.push(['SADD', name, ...Array.from({ length: 1 + (i % 20) }, (_, j) => (i % 3 ? j : `m${j}`))]);
        break;
      case 6:
        commands.push(['ZADD', name, ...Array.from({ length: 2 * (1 + (i % 200)) }, (_, j) => j)]);
        break;
      case 7:
        commands.push(['HSET', name, ...Array.from({ length: 2 * (1 + (i % 150)) }, (_, j) => `f${j}`)]);
        commands.push(['PEXPIREAT', name, 4_000_000_000_000 + i]);
        break;
      case 8:
        commands.push(['XADD', name, `${i}-1`, 'a', i], ['XADD', name, `${i}-2`, 'a', i, 'b', 'c']);
        commands.push(
          ['XGROUP', 'CREATE', name, 'g', '0'],
          ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', 1, 'STREAMS', name, '>'],
        );
        break;
      default:
        commands.push(['SET', name, 'x'.repeat(i % 5000)]);
    }
  }
  await client.callAll(commands);
  client.close();
}

/** Makes a sample. */
export async function makeSample(program: ServerProgram, options: SampleOptions = {}): Promise<Sample> {
  const keys = options.keys ?? 5000;
  const server = await startServer(program);
  try {
    await fill(server, keys);
    let total = keys;
    if (options.databases === true) {
      const client = await server.connect();
      await client.call('SELECT', 3);
      await client.callAll(Array.from({ length: 50 }, (_, i) => ['SET', `other:${i}`, i]));
      client.close();
      total += 50;
    }
    return { dump: await server.saveDump(), digest: await server.debugDigest(), keys: total };
  } finally {
    await server.stop();
  }
}

/** The program that most tests of this package use. */
export function uri(server: TestServer): string {
  return 'path' in server.address ? `unix://${server.address.path}` : `redis://127.0.0.1:${server.port}`;
}

/** A source as pieces of some size. */
export function* pieces(bytes: Uint8Array, size = 64 * 1024): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What a server begins the digest of database 0 with, unless that is empty. */
const DIGEST_BASE = numberOf(sha1(sha1(Buffer.alloc(4))));

function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest();
}

function numberOf(digest: Buffer): bigint {
  return BigInt(`0x${digest.toString('hex')}`);
}

/** The digest of one server that had the keys of all these: digests of keys are added by exclusive or. */
export async function digestOf(servers: readonly TestServer[]): Promise<string> {
  let sum = 0n;
  for (const server of servers) {
    // Who has changed its role has cut its connections.
    const client = await server.connect();
    const digest = BigInt(`0x${String(await client.call('DEBUG', 'DIGEST'))}`);
    if (digest !== 0n) sum ^= digest ^ DIGEST_BASE;
    client.close();
  }
  return (sum === 0n ? 0n : sum ^ DIGEST_BASE).toString(16).padStart(40, '0');
}
