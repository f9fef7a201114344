// Dumps that are about what stands around the values.
import { connect } from 'node:net';
import type { Argument, Reply } from '@rdbkit/testkit';
import type { DataSet } from '../data-set.ts';
import type { Load } from '../load.ts';
import { FAR_MS } from '../values.ts';

export const empty: DataSet = {
  name: 'empty',
  async load() {},
};

/** The same names in several databases, with gaps between their numbers. */
export const databases: DataSet = {
  name: 'databases',
  async load(load) {
    for (const db of [0, 1, 9, 15]) {
      await load.select(db);
      for (let i = 0; i < load.size(`databases.${db}`, 4, 1, 25); i++) {
        await load.run('SET', `shared:${i}`, `value ${i} of db ${db}`);
      }
      await load.run('RPUSH', load.key(`list-of-${db}`), db, 'x');
      await load.run('SET', load.key(`expiring-of-${db}`), 'e');
      await load.expireAt(load.key(`expiring-of-${db}`), FAR_MS + db);
    }
    await load.select(0);
  },
};

/** Expiry times far ahead, and some that pass soon after the file was written. */
export const expiry: DataSet = {
  name: 'expiry',
  async load(load) {
    const random = load.random('expiry');
    const set = async (name: string, ms: number): Promise<void> => {
      const key = load.key(`expiry:${name}`);
      await load.run('SET', key, `expires: ${name}`);
      await load.expireAt(key, ms);
    };
    await set('second', FAR_MS);
    await set('millisecond', FAR_MS + 1);
    await set('odd', FAR_MS + 987_654_321);
    await set('year-2500', Date.UTC(2500, 5, 15, 12, 30, 15, 250));
    await set('year-9999', Date.UTC(9999, 11, 31, 23, 59, 59, 999));
    await set('beyond-2^43', 2 ** 44 + 3);
    for (let i = 0; i < load.size('expiry.drawn', 5, 1, 30); i++)
      await set(`drawn:${i}`, FAR_MS + random.int(0, 2 ** 31) * 100 + i);
    await load.run('SET', load.key('expiry:persisted'), 'no longer expires');
    await load.run('EXPIRE', load.key('expiry:persisted'), 1000);
    await load.run('PERSIST', load.key('expiry:persisted'));
    await load.run('SET', load.key('expiry:none'), 'never expires');
    for (const [type, command, ...args] of [
      ['list', 'RPUSH', 'a', 'b'],
      ['set', 'SADD', 1, 2],
      ['zset', 'ZADD', 1, 'm'],
      ['hash', 'HSET', 'f', 'v'],
    ] as const) {
      await load.run(command, load.key(`expiry:${type}`), ...args);
      await load.expireAt(load.key(`expiry:${type}`), FAR_MS + 42);
    }
    await load.select(3);
    await set('in-db-3', FAR_MS + 3);
    await load.select(0);
  },
  async loadSoon(load, soonMs) {
    for (let i = 0; i < 6; i++) {
      await load.run('SET', load.key(`expiry:soon:${i}`), `gone when anybody reads this, ${i}`);
      await load.expireAt(load.key(`expiry:soon:${i}`), soonMs + i);
    }
    await load.run('HSET', load.key('expiry:soon:hash'), 'field', 'value');
    await load.expireAt(load.key('expiry:soon:hash'), soonMs + 10);
  },
};

/** A few keys of each type, for dumps that differ by settings. */
async function loadMixture(load: Load): Promise<void> {
  const random = load.random('mixture');
  const key = (name: string): Buffer => load.key(`mix:${name}`);
  await load.run('SET', key('int'), load.size('mixture.int', 12_345, -1e6, 1e6));
  await load.run('SET', key('short'), 'short text');
  await load.run('SET', key('text'), random.text(load.size('mixture.text', 700, 100, 3000)));
  await load.run('SET', key('run'), 'r'.repeat(400));
  await load.run('SET', key('noise'), random.noise(90));
  await load.run('SET', key('expiring'), 'some day');
  await load.expireAt(key('expiring'), FAR_MS + 555);
  await load.run('RPUSH', key('list'), 'a', 'b', 3, random.text(300));
  await load.run('SADD', key('ints'), 1, 2, 70_000);
  await load.run('SADD', key('set'), 'x', 'y', 10, random.text(200));
  await load.run('ZADD', key('zset'), '1.5', 'a', '-inf', 'b');
  await load.run('HMSET', key('hash'), 'f', 'v', 'g', random.text(150));
  if (await load.supports('XADD')) {
    for (let i = 1; i <= 5; i++) await load.run('XADD', key('stream'), `${i}-0`, 'a', i, 'text', random.text(60));
    await load.run('XGROUP', 'CREATE', key('stream'), 'g', '0');
    await load.run('XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', 2, 'STREAMS', key('stream'), '>');
  }
  if (await load.supports('HPEXPIREAT')) {
    await load.run('HSET', key('hash-ttl'), 'keep', 1, 'expire', 2);
    await load.run('HPEXPIREAT', key('hash-ttl'), FAR_MS, 'FIELDS', 1, 'expire');
  }
  if (await load.supports('ARSET')) await load.run('ARSET', key('array'), 7, 'seven', '8', '9.5');
  await load.select(5);
  await load.run('SET', key('other-db'), 'five');
  await load.select(0);
}

export const mixed: DataSet = { name: 'mixed', load: loadMixture };

export const mixedUncompressed: DataSet = {
  name: 'mixed-uncompressed',
  options: { config: { rdbcompression: 'no' } },
  load: loadMixture,
};

export const mixedNoChecksum: DataSet = {
  name: 'mixed-no-checksum',
  since: [2, 6],
  options: { config: { rdbchecksum: 'no' } },
  load: loadMixture,
};

/** A server with a replica: the dump tells where the stream of writes stands, and from 4.0 to 6.2 the cached scripts. */
export const replicated: DataSet = {
  name: 'replicated',
  since: [2, 8],
  options: { config: { 'repl-timeout': 600 } },
  async load(load) {
    const replica = connect(load.server.address);
    replica.on('data', () => {});
    replica.on('error', () => {});
    replica.write('SYNC\r\n');
    while (!/online/.test((await load.server.info('replication')).slave0 ?? '')) await pause();
    await loadMixture(load);
    const script = "redis.call('SET', KEYS[1], ARGV[1]) return 1";
    await load.run('EVAL', script, 1, load.key('replicated:scripted'), 'set by a script');
    const text = load
      .random('replicated')
      .text(load.size('replicated.script', 80, 30, 300))
      .replaceAll('\n', ' ');
    await load.run('SCRIPT', 'LOAD', `return '${text}'`);
    await load.select(7);
    await load.run('SET', load.key('replicated:last'), 'the stream of writes stands in database 7 now');
    await load.select(0);
  },
};

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
}

const LIBRARIES = [
  `#!lua name=arithmetic
redis.register_function('double', function(keys, args) return tonumber(args[1]) * 2 end)
redis.register_function{
  function_name = 'greet',
  callback = function(keys, args) return 'hello ' .. (args[1] or 'world') end,
  flags = { 'no-writes' }
}
`,
  `#!lua name=counters
-- Comments, and text that is not ASCII, stay as they are: é 日本語
local function bump(keys, args)
  return redis.call('INCRBY', keys[1], args[1] or 1)
end
redis.register_function('bump', bump)
`,
];

/** Function libraries beside a little data. */
export const functions: DataSet = {
  name: 'functions',
  needs: ['FUNCTION', 'LIST'],
  async load(load) {
    const comment = load
      .random('functions')
      .text(load.size('functions.comment', 900, 100, 4000))
      .replaceAll('\n', ' ');
    const padded = `#!lua name=padded\n-- ${comment}\nredis.register_function('noop', function() return 1 end)\n`;
    for (const code of [...LIBRARIES, padded]) await load.run('FUNCTION', 'LOAD', code);
    await load.run('SET', load.key('beside-functions'), 1);
  },
};

function usageSet(name: string, usage: 'idle' | 'frequency', policy: string): DataSet {
  const [option, steps] =
    usage === 'idle'
      ? (['IDLETIME', [0, 1, 63, 64, 5000, 16_384, 1_000_000]] as const)
      : (['FREQ', [0, 1, 5, 100, 255]] as const);
  return {
    name,
    since: [5, 0],
    usage,
    options: { config: { 'maxmemory-policy': policy, 'lfu-decay-time': 0, 'lfu-log-factor': 255 } },
    async load(load) {
      for (const step of steps) {
        const key = load.key(`usage:${usage}:${step}`);
        await load.run('SET', key, `value ${step}`);
        const payload = (await load.run('DUMP', key)) as Buffer;
        await load.run('RESTORE', key, 0, payload, 'REPLACE', option, step);
      }
      const key = load.key('usage:expiring');
      await load.run('SET', key, 1);
      await load.expireAt(key, FAR_MS + 9);
    },
  };
}

/** Dumps that tell how long keys lay idle, and how often they were used. */
export const idleTimes: DataSet = usageSet('idle-times', 'idle', 'allkeys-lru');
export const frequencies: DataSet = usageSet('frequencies', 'frequency', 'allkeys-lfu');

/** A cluster node's dump; the node owns all slots. */
export const cluster: DataSet = {
  name: 'cluster',
  since: [3, 0],
  options: { cluster: true },
  async load(load) {
    await ownAllSlots(load);
    const random = load.random('cluster');
    for (let i = 0; i < load.size('cluster.keys', 60, 20, 200); i++) {
      const tag = ['{user1000}', `{${random.word()}}`, ''][i % 3];
      await load.run('SET', `${tag}cluster:${i}`, random.text(20));
      if (i % 4 === 0) await load.expireAt(`${tag}cluster:${i}`, FAR_MS + i);
    }
    await load.run('SET', 'foo{}{bar}', 'an empty tag counts as none');
    await load.run('SADD', '{user1000}.following', 1, 2, 'x');
  },
};

async function ownAllSlots(load: Load): Promise<void> {
  const slots = Array.from({ length: 16_384 }, (_, i) => i);
  await load.runInBatches(['CLUSTER', 'ADDSLOTS'], slots, 2048);
  while (!String(await load.run('CLUSTER', 'INFO')).includes('cluster_state:ok')) await pause();
}

/** Counts that need a length of 32 bits. */
export const large: DataSet = {
  name: 'large',
  onDemand: true,
  async load(load) {
    const count = load.size('large.count', 16_500, 16_384, 18_000);
    const numbers = Array.from({ length: count }, (_, i) => i);
    const add = async (command: string, name: string, items: readonly (readonly Argument[])[]): Promise<void> =>
      await load.runInBatches([command, load.key(`large:${name}`)], items, 500);
    await add(
      'SADD',
      'set',
      numbers.map((i) => [i * 3]),
    );
    await add(
      'ZADD',
      'zset',
      numbers.map((i) => [i / 2, i]),
    );
    await add(
      'HMSET',
      'hash',
      numbers.map((i) => [i, i % 10]),
    );
  },
};

/** Values of the vector type that Redis 8 has built in and stores as a module's value. */
export const vectorSets: DataSet = {
  name: 'vector-sets',
  needs: ['VADD'],
  async load(load) {
    const random = load.random('vectors');
    const vector = (size: number): Argument[] => [
      'VALUES',
      size,
      ...Array.from({ length: size }, () => (random.unit() * 2 - 1).toFixed(6)),
    ];
    for (const quantization of ['Q8', 'NOQUANT', 'BIN']) {
      const key = load.key(`vectors:${quantization}`);
      for (let i = 0; i < load.size('vectors.count', 12, 3, 40); i++)
        await load.run('VADD', key, ...vector(8), `element-${i}`, quantization);
      await load.run('VSETATTR', key, 'element-1', '{"year":1998}');
    }
    await load.run('VADD', load.key('vectors:reduced'), 'REDUCE', 4, ...vector(16), 'one');
  },
};

/** Members that expire on their own, which KeyDB tells in auxiliary fields behind the key. */
export const memberExpiry: DataSet = {
  name: 'member-expiry',
  needs: ['PEXPIREMEMBERAT'],
  async load(load) {
    const expire = async (key: Buffer, members: readonly string[]): Promise<void> => {
      for (const [i, member] of members.entries()) await load.run('PEXPIREMEMBERAT', key, member, FAR_MS + i * 1000);
      load.addFacts(key, {
        memberExpiries: members.map(
          (member, i) => [Buffer.from(member).toString('base64'), FAR_MS + i * 1000] as const,
        ),
      });
    };
    await load.run('SADD', load.key('members:set'), 'a', 'b', 12, 'stays');
    await expire(load.key('members:set'), ['a', 'b', '12']);
    await load.run('HSET', load.key('members:hash'), 'f', 1, 'g', 2, 'stays', 3);
    await expire(load.key('members:hash'), ['f', 'g']);
  },
};

/** Values, auxiliary data and key metadata of the modules in the servers' own tests, of those that are loaded. */
export const modules: DataSet = {
  name: 'modules',
  needs: ['MODULE', 'LIST'],
  async load(load) {
    const random = load.random('modules');
    if (await load.supports('DATATYPE.SET')) {
      const texts = ['zero', '', random.text(200), Buffer.from([0, 255, 13, 10])];
      for (const [i, number] of [0, -1, 2_147_483_647, 16_384].entries()) {
        await load.run('DATATYPE.SET', load.key(`module:datatype:${i}`), number, texts[i] ?? '');
      }
      await load.expireAt(load.key('module:datatype:0'), FAR_MS + 8);
    }
    if (await load.supports('TESTRDB.SET.KEY')) {
      await load.run('TESTRDB.SET.KEY', load.key('module:testrdb'), "a module's own value");
      await load.run('TESTRDB.SET.BEFORE', 'auxiliary data before the keys');
      await load.run('TESTRDB.SET.AFTER', 'auxiliary data after the keys');
    }
    if (await load.supports('HELLOTYPE.INSERT')) {
      for (const number of [5, -3, 70_000, 64, '9223372036854775807']) {
        await load.run('HELLOTYPE.INSERT', load.key('module:hellotype'), number);
      }
    }
    if (await load.supports('KEYMETA.REGISTER')) await loadKeyMetadata(load);
    await loadPublicModules(load);
    await load.run('SET', load.key('module:beside'), 'an ordinary key');
  },
};

/** Values of modules that people use: documents, filters, sketches, time series. */
async function loadPublicModules(load: Load): Promise<void> {
  const random = load.random('public-modules');
  for (const [command, name, ...args] of [
    ['JSON.SET', 'json', '$', random.json(load.size('modules.json', 700, 200, 3000))],
    ['BF.ADD', 'bloom', 'member'],
    ['CF.ADD', 'cuckoo', 'member'],
    ['CMS.INITBYDIM', 'count-min', 20, 3],
    ['TOPK.RESERVE', 'top-k', 5],
    ['TDIGEST.CREATE', 't-digest'],
    ['TS.ADD', 'time-series', 1_700_000_000_000, '1.5'],
  ] as const) {
    if (await load.supports(command)) await load.run(command, load.key(`module:${name}`), ...args);
  }
}

/** Metadata that modules attach to keys of any type (Redis 8.6). */
async function loadKeyMetadata(load: Load): Promise<void> {
  // From 8.8 on classes may be registered late only where this allows it.
  await load.attempt('DEBUG', 'ENABLE-KEYMETA-RUNTIME-REGISTRATION', 1);
  const flags = 'KEEPONCOPY:KEEPONRENAME:ALLOWIGNORE:RDBLOAD:RDBSAVE';
  await load.run('KEYMETA.REGISTER', 'KMT1', 1, flags);
  await load.run('KEYMETA.REGISTER', 'KMT2', 3, flags);
  for (const [name, command, ...args] of [
    ['string', 'SET', 'v'],
    ['hash', 'HSET', 'f', 'v'],
    ['zset', 'ZADD', 1, 'm'],
  ] as const) {
    const key = load.key(`keymeta:${name}`);
    await load.run(command, key, ...args);
    const metadata: Record<string, string> = {
      KMT1: `metadata of ${name}`,
      ...(name === 'zset' ? {} : { KMT2: 'second metadata' }),
    };
    for (const [className, value] of Object.entries(metadata)) await load.run('KEYMETA.SET', className, key, value);
    if (name === 'hash') await load.expireAt(key, FAR_MS + 70);
    load.addFacts(key, { keyMetadata: metadata });
  }
}

/** The answer of MODULE LIST as names and versions. */
export function moduleList(reply: Reply): { name: string; version: number }[] {
  return (reply as Reply[][]).map((module) => ({ name: String(module[1]), version: Number(module[3]) }));
}
