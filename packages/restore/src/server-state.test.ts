import { describe, expect, test } from 'vitest';
import { parseServerState } from './index.ts';

const info = (fields: Readonly<Record<string, string | number>>): string =>
  `# Server\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('')}`;

test.each([
  [{ redis_version: '7.0.15' }, 'Redis 7.0.15', 'redis', 7_000_015],
  [{ redis_version: '255.255.255' }, 'Redis 255.255.255', 'redis', 999_999_999],
  [{ redis_version: '7.2.4', server_name: 'valkey', valkey_version: '8.1.1' }, 'Valkey 8.1.1', 'valkey', 8_001_001],
  [{ redis_version: '6.3.4' }, 'KeyDB 6.3.4', 'keydb', 6_003_004],
  [{ redis_version: '6.0.16', mvcc_depth: 0 }, 'KeyDB 6.0.16', 'keydb', 6_000_016],
  [{ redis_version: '7.4.0', dragonfly_version: 'df-v1.24.0' }, 'Dragonfly 1.24.0', 'dragonfly', 1_024_000],
  [{ redis_version: '7.4.0', dragonfly_version: 'dev-abc' }, 'Dragonfly dev-abc', 'dragonfly', 999_999_999],
  [{ redis_version: '7.2.4', rlec_version: '7.4.2-54' }, 'Redis Enterprise 7.4.2-54', 'redis', 7_002_004],
  [{}, 'unknown server', 'redis', 999_999_999],
])('%j is %s', (fields, product, flavour, version) => {
  expect(parseServerState(info(fields))).toMatchObject({ product, target: { flavour, version } });
});

describe('state', () => {
  test('of a master with replicas', () => {
    const state = parseServerState(
      info({
        redis_version: '7.0.15',
        redis_mode: 'standalone',
        run_id: 'abc',
        role: 'master',
        connected_slaves: 3,
        slave0: 'ip=127.0.0.1,port=1,state=online,offset=1,lag=0',
        slave1: 'ip=127.0.0.1,port=2,state=wait_bgsave,offset=0,lag=0',
        slave2: '127.0.0.1,3,online',
        loading: 0,
        maxmemory: 100,
        maxmemory_policy: 'allkeys-lru',
        used_memory: 50,
        aof_enabled: 1,
        db0: 'keys=5,expires=0,avg_ttl=0',
        db12: 'keys=7,expires=1,avg_ttl=0',
      }),
    );
    expect(state).toMatchObject({
      mode: 'standalone',
      role: 'master',
      runId: 'abc',
      isLoading: false,
      replicas: 2,
      maxMemory: 100,
      maxMemoryPolicy: 'allkeys-lru',
      usedMemory: 50,
      hasAof: true,
      masterAddress: null,
    });
    expect([...(state.keys ?? [])]).toEqual([
      [0, 5],
      [12, 7],
    ]);
  });

  test('of a replica, of a server that loads, of a Sentinel', () => {
    const replica = info({ role: 'slave', master_host: 'db', master_port: 6380, master_replid: 'r' });
    expect(parseServerState(replica)).toMatchObject({
      role: 'replica',
      masterAddress: { host: 'db', port: 6380 },
      runId: 'r',
    });
    expect(parseServerState(info({ loading: 1, loading_eta_seconds: 12 }))).toMatchObject({
      isLoading: true,
      loadingEtaSeconds: 12,
    });
    expect(parseServerState(info({ redis_mode: 'sentinel' }))).toMatchObject({ role: 'sentinel' });
  });
});
