import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Argument, ReplyError, type ServerProgram, type TestServer, withServer } from '@rdbkit/testkit';
import { Random } from './random.ts';
import { FAR_MS } from './values.ts';

const COMMANDS_PER_WRITE = 500;
const EXPIRING_SHARE = 0.25;
const ELEMENTS_PER_PUSH = 1000;

type Add = (...command: readonly Argument[]) => void;
type MakeKey = (add: Add, random: Random, i: number) => string;

/** Kinds of keys, with their shares in a hundred. */
const MIXTURE: readonly (readonly [share: number, make: MakeKey])[] = [
  [60, addString],
  [15, addHash],
  [6, addList],
  [5, addSet],
  [5, addZset],
  [1, addStream],
  [8, addDocument],
];

/** Sends commands in large writes. */
class Sender {
  private readonly server: TestServer;
  private commands: (readonly Argument[])[] = [];

  constructor(server: TestServer) {
    this.server = server;
  }

  readonly add: Add = (...command) => {
    this.commands.push(command);
  };

  async flush(): Promise<void> {
    const replies = await this.server.client.callAll(this.commands);
    this.commands = [];
    const error = replies.find((reply) => reply instanceof ReplyError);
    if (error !== undefined) throw error;
  }

  async flushWhenFull(): Promise<void> {
    if (this.commands.length >= COMMANDS_PER_WRITE) await this.flush();
  }
}

/** Writes a dump of `count` keys as a busy application has them; returns what it is. */
export async function writeBench(program: ServerProgram, out: string, count: number, seed: string): Promise<string> {
  return await withServer(program, { readyWithinMs: 60_000 }, async (server) => {
    const random = new Random(`${seed}/bench`);
    const sender = new Sender(server);
    for (let i = 0; i < count; i++) {
      const key = draw(random)(sender.add, random, i);
      if (random.unit() < EXPIRING_SHARE) sender.add('PEXPIREAT', key, FAR_MS + random.int(0, 2 ** 31) * 10);
      await sender.flushWhenFull();
    }
    await sender.flush();
    return await save(server, out);
  });
}

/** Writes a dump with one list of `count` elements of about 60 bytes each. */
export async function writeGiantList(
  program: ServerProgram,
  out: string,
  count: number,
  seed: string,
): Promise<string> {
  return await withServer(program, { readyWithinMs: 60_000 }, async (server) => {
    const random = new Random(`${seed}/giant-list`);
    for (let i = 0; i < count; i += ELEMENTS_PER_PUSH) {
      const length = Math.min(ELEMENTS_PER_PUSH, count - i);
      const items = Array.from({ length }, (_, j) => `${i + j}:${random.letters(16)}:${random.text(32)}`);
      await server.call('RPUSH', 'giant', ...items);
    }
    return await save(server, out);
  });
}

async function save(server: TestServer, out: string): Promise<string> {
  const dump = await server.saveDump();
  mkdirSync(dirname(resolve(out)), { recursive: true });
  writeFileSync(out, dump);
  return `${Number(await server.call('DBSIZE'))} keys, ${dump.length} bytes`;
}

function draw(random: Random): MakeKey {
  let point = random.unit() * 100;
  for (const [share, make] of MIXTURE) {
    point -= share;
    if (point < 0) return make;
  }
  return addString;
}

/** From 2 to 300, mostly few. */
function elementCount(random: Random): number {
  return 2 + Math.floor(298 * random.unit() ** 4);
}

function addString(add: Add, random: Random, i: number): string {
  const key = `session:${random.letters(6)}:${i}`;
  add('SET', key, random.int(0, 4) === 0 ? random.int(0, 1e9) : random.text(random.int(6, 64)));
  return key;
}

function addDocument(add: Add, random: Random, i: number): string {
  const key = `order:${i}`;
  add('SET', key, random.json(random.int(400, 3000)));
  return key;
}

function addHash(add: Add, random: Random, i: number): string {
  const key = `user:${i}`;
  const fields: Argument[] = ['id', i, 'email', `${random.letters(8)}@example.com`, 'visits', random.int(0, 5000)];
  for (let n = random.int(1, 14); n > 0; n--) fields.push(`${random.word()}_${n}`, random.text(random.int(3, 30)));
  add('HMSET', key, ...fields);
  return key;
}

function addList(add: Add, random: Random, i: number): string {
  const key = `queue:${i}`;
  const item = (): string => `job ${random.int(0, 1e8)} ${random.word()}`;
  add('RPUSH', key, ...Array.from({ length: elementCount(random) }, item));
  return key;
}

function addSet(add: Add, random: Random, i: number): string {
  const key = `tags:${i}`;
  const isNumeric = random.int(0, 1) === 0;
  const member = (): Argument => (isNumeric ? random.int(0, 1e9) : `${random.word()}-${random.int(0, 99_999)}`);
  add('SADD', key, ...Array.from({ length: elementCount(random) }, member));
  return key;
}

function addZset(add: Add, random: Random, i: number): string {
  const key = `ranking:${i}`;
  const pair = (): Argument[] => [random.int(0, 1e6) / random.pick([1, 10, 1000]), `player:${random.int(0, 1e7)}`];
  add('ZADD', key, ...Array.from({ length: elementCount(random) }, pair).flat());
  return key;
}

function addStream(add: Add, random: Random, i: number): string {
  const key = `events:${i}`;
  const count = random.int(5, 60);
  for (let n = 1; n <= count; n++) {
    add(
      'XADD',
      key,
      `${1_700_000_000_000 + n * 10}-${n % 3}`,
      'type',
      random.word(),
      'amount',
      random.int(1, 9999),
      'note',
      random.text(20),
    );
  }
  add('XGROUP', 'CREATE', key, 'workers', 0);
  add('XREADGROUP', 'GROUP', 'workers', 'worker-1', 'COUNT', random.int(1, 20), 'STREAMS', key, '>');
  return key;
}
