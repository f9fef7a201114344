// The servers' own statements about their commands against the table: what COMMAND says of each, and what COMMAND GETKEYS
// finds in commands whose keys are found by looking.
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  inspectServer,
  isAtLeast,
  type Reply,
  ReplyError,
  SERVERS_VARIABLE,
  type ServerProgram,
  serversForTests,
  startServer,
} from '@rdbkit/testkit';
import { describe, expect, test, vi } from 'vitest';
import { argumentsOf } from '../testing/arguments.ts';
import { KeyPositions, keysOf } from './index.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const servers = serversForTests().filter((program) => isAtLeast(program, 2, 8));

/** Not commands: traps for HTTP. */
const TRAPS = new Set(['HOST:', 'POST']);

/** Commands whose modules state less, or other things, than their syntax says. */
const MODULES_KNOW_LESS = /^(FT\..*|TS\.(CREATE|DELETE)RULE|TDIGEST\.MERGE|CMS\.MERGE|JSON\.MGET|TIMESERIES\..*)$/;

/** Commands of which servers before 7.0 state some keys only, or none. */
const OLD_KNOW_LESS = new Set(['BRPOP', 'EXISTS', 'TOUCH', 'PFDEBUG', 'MIGRATE']);

interface Stated {
  readonly name: string;
  readonly isWrite: boolean;
  readonly isMovable: boolean;
  readonly range: readonly [first: number, last: number, step: number];
  readonly specs: readonly Map<string, Reply>[];
}

const list = (reply: Reply | undefined): Reply[] => (Array.isArray(reply) ? reply : []);
const text = (reply: Reply | undefined): string => String(reply);
const map = (reply: Reply | undefined): Map<string, Reply> => {
  const items = list(reply);
  return new Map(items.flatMap((item, i) => (i % 2 === 0 ? [[text(item), items[i + 1] as Reply] as const] : [])));
};

/** A command with its subcommands. */
function statements(reply: Reply): Stated[] {
  const [name, , flagList, first, last, step, , , specs, subcommands] = list(reply);
  const flags = new Set(list(flagList).map(text));
  const own: Stated = {
    name: text(name).replace('|', ' ').toUpperCase(),
    isWrite: flags.has('write'),
    isMovable: flags.has('movablekeys'),
    range: [Number(first), Number(last), Number(step)],
    specs: list(specs).map(map),
  };
  return [own, ...list(subcommands).flatMap(statements)];
}

/** Words that make up a command: the name, and arguments that are numbers where a number of keys is expected. */
function wordsFor({ name, specs }: Stated): string[] {
  const words = [...name.split(' '), ...Array.from({ length: 12 }, (_, i) => `a${i}`)];
  for (const spec of specs) {
    const found = map(map(spec.get('find_keys')).get('spec'));
    const begin = map(map(spec.get('begin_search')).get('spec'));
    if (found.has('keynumidx')) words[Number(begin.get('index')) + Number(found.get('keynumidx'))] = '3';
  }
  return words;
}

/** The positions of keys that a server states, by its specifications or, before 7.0, its range. */
function statedKeys(stated: Stated, words: readonly string[]): Set<number> {
  const keys = new Set<number>();
  const addRange = (first: number, last: number, step: number): void => {
    for (let at = first; at <= last; at += step) keys.add(at);
  };
  const {
    range: [first, last, step],
    specs,
  } = stated;
  if (specs.length === 0 && first > 0) addRange(first, last < 0 ? words.length + last : last, step);
  for (const spec of specs) {
    if (list(spec.get('flags')).map(text).includes('not_key')) continue;
    const begin = map(map(spec.get('begin_search')).get('spec'));
    const find = map(spec.get('find_keys'));
    const found = map(find.get('spec'));
    const start = Number(begin.get('index'));
    if (text(find.get('type')) === 'range') {
      const lastKey = Number(found.get('lastkey'));
      addRange(start, lastKey < 0 ? words.length + lastKey : start + lastKey, Number(found.get('keystep')));
    } else {
      const count = Number(words[start + Number(found.get('keynumidx'))]);
      const from = start + Number(found.get('firstkey'));
      const by = Number(found.get('keystep'));
      addRange(from, from + (count - 1) * by, by);
    }
  }
  return keys;
}

function ourKeys(words: readonly string[]): { isWrite: boolean; keys: Set<number> } | null {
  const keys = new KeyPositions();
  const spec = keysOf(argumentsOf(words), keys);
  if (spec === null) return null;
  return {
    isWrite: spec.access === 'write',
    keys: new Set(Array.from({ length: keys.count }, (_, i) => keys.at(i))),
  };
}

/** What disagrees, in words. */
function disagreement(stated: Stated, program: ServerProgram): string[] {
  const { name, specs, isWrite, isMovable } = stated;
  if (TRAPS.has(name)) return [];
  const words = wordsFor(stated);
  const ours = ourKeys(words);
  if (ours === null) return MODULES_KNOW_LESS.test(name) ? [] : [`${name} is not known`];
  const faults: string[] = [];
  if (ours.isWrite !== isWrite && !MODULES_KNOW_LESS.test(name) && !isContainer(stated))
    faults.push(`${name}: ${isWrite ? 'writes' : 'does not write'}`);
  const searches = specs.map((spec) => text(map(spec.get('begin_search')).get('type')));
  const isLookedFor = isMovable && (specs.length === 0 || searches.some((type) => type !== 'index'));
  if (isLookedFor || isContainer(stated) || MODULES_KNOW_LESS.test(name)) return faults;
  const theirs = statedKeys(stated, words);
  const isPartial = OLD_KNOW_LESS.has(name) && !isAtLeast(program, 7);
  const compared = isPartial ? [...ours.keys].filter((at) => theirs.has(at)) : ours.keys;
  if (inOrder(theirs) !== inOrder(compared))
    faults.push(`${name}: keys at ${inOrder(theirs)} of ${words.join(' ')}, we say ${inOrder(ours.keys)}`);
  return faults;
}

function inOrder(positions: Iterable<number>): string {
  return [...positions].sort((a, b) => a - b).join();
}

/** Containers have no keys of their own; before 7.0 their subcommands are not listed. */
function isContainer({ name }: Stated): boolean {
  return /^(XGROUP|XINFO|OBJECT|MEMORY|FUNCTION|CLUSTER|SCRIPT)$/.test(name);
}

const LOOKED_FOR = [
  'SORT k',
  'SORT k BY w* LIMIT 0 1 GET # GET x* DESC ALPHA STORE d',
  'SORT k STORE a STORE b',
  'GEORADIUS k 1 2 3 m WITHDIST STORE d',
  'GEORADIUSBYMEMBER k m 3 km STOREDIST d',
  'XREADGROUP GROUP g c COUNT 2 NOACK STREAMS a b > >',
  'XREAD COUNT 2 STREAMS a b c 0 0 0',
  'ZUNIONSTORE d 2 a b WEIGHTS 1 2',
  'ZINTERSTORE d 3 a b c AGGREGATE MIN',
  'EVAL return 2 a b c',
  'EVALSHA 0123456789012345678901234567890123456789 1 a b c',
  'FCALL f 2 a b c',
  'LMPOP 2 a b LEFT',
  'BLMPOP 0 2 a b LEFT COUNT 3',
  'ZMPOP 1 a MIN',
  'BZMPOP 0 2 a b MAX',
  'MSETEX 2 a 1 b 2 EX 100',
  'MIGRATE 127.0.0.1 1 k 0 100 COPY',
  'MIGRATE 127.0.0.1 1 "" 0 100 REPLACE KEYS a b c',
  'SINTERCARD 2 a b LIMIT 1',
  'XGROUP CREATE k g 0',
  'XGROUP SETID k g 0 ENTRIESREAD 1',
  'XINFO STREAM k FULL',
  'OBJECT ENCODING k',
  'MEMORY USAGE k SAMPLES 5',
  'BITOP AND d a b',
  'MSET a 1 b 2',
  'COPY a b DB 1 REPLACE',
  'RESTORE k 0 payload REPLACE',
];

/** Keys that GETKEYS of old servers does not find, although the commands have them. */
const FOUND_LATER: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  MIGRATE: [7, 0],
  GEORADIUS: [4, 0],
  GEORADIUSBYMEMBER: [4, 0],
  XGROUP: [7, 0],
  XINFO: [7, 0],
  OBJECT: [7, 0],
  MEMORY: [7, 0],
};

describe.each(servers.map((program) => [program.label, program] as const))('%s', (_label, program) => {
  test('states the same of each of its commands', async () => {
    const server = await startServer(program);
    try {
      const stated = list(await server.call('COMMAND')).flatMap(statements);
      expect(stated.length).toBeGreaterThan(150);
      expect(stated.flatMap((one) => disagreement(one, program))).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  // 2.8 has no GETKEYS.
  test.runIf(isAtLeast(program, 3))('finds the same keys in commands whose keys are looked for', async () => {
    const server = await startServer(program);
    let compared = 0;
    try {
      for (const line of LOOKED_FOR) {
        const words = line.split(' ').map((word) => (word === '""' ? '' : word));
        const since = FOUND_LATER[words[0] as string];
        if (since !== undefined && !isAtLeast(program, ...since)) continue;
        let reply: Reply;
        try {
          reply = await server.call('COMMAND', 'GETKEYS', ...words);
        } catch (error) {
          if (
            error instanceof ReplyError &&
            /Invalid (command|arguments|number)|Unknown subcommand/i.test(error.message)
          )
            continue;
          throw error;
        }
        compared++;
        const ours = [...(ourKeys(words)?.keys ?? [])].map((at) => words[at]);
        expect(new Set(list(reply).map(text)), line).toEqual(new Set(ours));
      }
    } finally {
      await server.stop();
    }
    expect(compared).toBeGreaterThan(5);
  });
});

/** The modules of Redis Stack beside a server of {@link SERVERS_VARIABLE}, when there is one. */
function stackModules(): { program: ServerProgram; modules: string[] } | null {
  const folders = (process.env[SERVERS_VARIABLE] ?? '').split(delimiter).filter((folder) => existsSync(folder));
  for (const folder of folders.flatMap((base) => readdirSync(base).map((name) => join(base, name)))) {
    const modules = ['rejson', 'redisbloom', 'redistimeseries', 'redisearch'].map((name) =>
      join(folder, 'lib', `${name}.so`),
    );
    if (!modules.every((file) => existsSync(file))) continue;
    const program = inspectServer(join(folder, 'redis-server'));
    if (program !== undefined) return { program, modules };
  }
  return null;
}

const stack = stackModules();
if (stack === null) console.warn(`not compared: no modules of Redis Stack in ${SERVERS_VARIABLE}`);

test.runIf(stack !== null)('the modules of Redis Stack state the same', async () => {
  const { program, modules } = stack as NonNullable<typeof stack>;
  const server = await startServer(program, { modules });
  try {
    const stated = list(await server.call('COMMAND')).flatMap(statements);
    expect(stated.filter(({ name }) => name.includes('.')).length).toBeGreaterThan(120);
    expect(stated.flatMap((one) => disagreement(one, program))).toEqual([]);
    for (const line of ['JSON.MSET a $ 1 b $ 2', 'TS.MADD a 1 2 b 1 2', 'BF.INSERT k ITEMS a']) {
      const words = line.split(' ');
      const theirs = list(await server.call('COMMAND', 'GETKEYS', ...words)).map(text);
      expect(theirs, line).toEqual([...(ourKeys(words)?.keys ?? [])].map((at) => words[at]));
    }
  } finally {
    await server.stop();
  }
});
