/** Servers to write to: fresh ones for each run, on loopback, gone when the run is over. */
import { inspectServer, type ServerProgram, startCluster, startServer, type TestServer } from '@rdbkit/testkit';
import { AbsentError, type Run } from './case.ts';
import { findRival } from './rivals.ts';

/** Masters that share the keys. */
export interface Target {
  readonly masters: readonly TestServer[];
  stop(): Promise<void>;
}

/** @throws {AbsentError} */
export function serverProgram(): ServerProgram {
  const path = findRival('redis-server');
  const program = inspectServer(path);
  if (program === undefined) throw new AbsentError(`${path} does not tell its version`);
  return program;
}

export async function startSingle(): Promise<Target> {
  const server = await startServer(serverProgram(), { tcp: true });
  return { masters: [server], stop: () => server.stop() };
}

export async function startThreeMasters(): Promise<Target> {
  // A node that works hard for long must not count as failing.
  return await startCluster(serverProgram(), { masters: 3, nodeTimeoutMs: 60_000 });
}

/** User and system time since the start. */
export async function cpuSeconds(server: TestServer): Promise<number> {
  const { used_cpu_user, used_cpu_sys } = await server.info('cpu');
  return Number(used_cpu_user) + Number(used_cpu_sys);
}

export async function countKeys(servers: readonly TestServer[]): Promise<number> {
  let keys = 0;
  for (const server of servers) for (const size of (await server.databaseSizes()).values()) keys += size;
  return keys;
}

/** Makes a run that writes to a fresh target, which must hold so many keys afterwards. */
export async function runOnTarget(
  start: () => Promise<Target>,
  keys: number,
  run: (target: Target) => Promise<Run>,
): Promise<Run> {
  const target = await start();
  try {
    const before = await sumOfCpu(target);
    const result = await run(target);
    const targetCpuSeconds = (await sumOfCpu(target)) - before;
    const found = await countKeys(target.masters);
    if (found !== keys) throw new Error(`the target has ${found} keys afterwards, the dump has ${keys}`);
    return { ...result, targetCpuSeconds };
  } finally {
    await target.stop();
  }
}

async function sumOfCpu({ masters }: Target): Promise<number> {
  const seconds = await Promise.all(masters.map(cpuSeconds));
  return seconds.reduce((sum, value) => sum + value, 0);
}
