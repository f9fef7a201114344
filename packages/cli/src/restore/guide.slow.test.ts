/**
 * Runs every command line of the guide to restore, against servers that stand for those it names: a line ends with exit code 0, or
 * with the one that a comment behind it names. And what goes wrong at the first contact: one line that helps, and no secret.
 */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  makeCertificates,
  newestServer,
  programForTests,
  startCluster,
  startHaproxy,
  startReplicas,
  startSentinels,
  startServer,
  startTcpProxy,
  type TestServer,
  tlsForTests,
  until,
} from '@rdbkit/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 });

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const GUIDE = readFileSync(join(ROOT, 'docs', 'guide', 'restore.md'), 'utf8');
const LINES = [...GUIDE.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trim().split('\n'));

const program = newestServer();
const haproxy = programForTests('haproxy');
const tls = tlsForTests();
const canRun = program !== undefined && haproxy !== undefined && tls !== undefined;
if (!canRun) console.warn('not tested: the guide to restore needs redis-server, one with TLS, and haproxy');

const folder = mkdtempSync(join(tmpdir(), 'rdbkit-restore-guide-'));
const programs = join(folder, 'bin');
const stops: (() => Promise<void>)[] = [];

function cleaned<T extends { stop(): Promise<void> }>(thing: T): T {
  stops.push(() => thing.stop());
  return thing;
}

/** What the guide calls servers, and where those of the test are. */
const addresses = new Map<string, string>();
/** Servers with data, to be emptied. */
const targets: TestServer[] = [];
let foreign: Server;
let foreignPort = 0;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(line: string): Promise<Ended> {
  const env = { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH}`, NO_COLOR: '1' };
  return await new Promise((resolve) => {
    execFile('bash', ['-o', 'pipefail', '-c', line], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

function placed(line: string): string {
  let text = line;
  for (const [name, address] of addresses) text = text.replaceAll(name, address);
  return text;
}

async function empty(): Promise<void> {
  for (const server of targets) {
    await server.call('FLUSHALL');
    await server.call('FUNCTION', 'FLUSH');
  }
  for (const file of ['r.journal', 'report.jsonl']) rmSync(join(folder, file), { force: true });
}

beforeAll(async () => {
  if (!canRun) return;
  mkdirSync(programs);
  const bin = join(ROOT, 'packages', 'cli', 'bin', 'rdbkit.js');
  writeFileSync(join(programs, 'rdbkit'), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
  chmodSync(join(programs, 'rdbkit'), 0o755);
  const tcp = { tcp: true } as const;
  const plain = cleaned(await startServer(program, tcp));
  const forward = cleaned(await startTcpProxy({ host: '127.0.0.1', port: plain.port }));
  const config = { appendonly: 'yes' };
  const master = cleaned(await startServer(program, { ...tcp, config }));
  const replicas = (await startReplicas(master, 2)).map(cleaned);
  const proxy = cleaned(await startHaproxy(haproxy, [master, ...replicas]));
  const sentinels = (await startSentinels(master, 2)).map(cleaned);
  const cluster = cleaned(await startCluster(program, { masters: 3, replicas: 0 }));
  // Stands for a server without RESTORE: what Dragonfly refuses, and more.
  const few = cleaned(await startServer(program, { ...tcp, config: { 'rename-command': 'RESTORE HIDDEN' } }));
  const certificates = makeCertificates(tls.openssl);
  const locked = cleaned(await startServer(tls.program, { ...tcp, tls: certificates, password: 'secret' }));
  await locked.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all');
  targets.push(plain, master, few, locked, ...cluster.masters);
  const source = cleaned(await startServer(program, { config }));
  for (let i = 0; i < 300; i++) {
    await source.call('SET', `user:${i}`, i);
    await source.call('RPUSH', `list:${i}`, i, i + 1);
  }
  writeFileSync(join(folder, 'dump.rdb'), await source.saveDump());
  writeFileSync(join(folder, 'dump.rdb.gz'), gzipSync(await source.saveDump()));
  cpSync(join(ROOT, 'docs', 'guide', 'appendonlydir'), join(folder, 'appendonlydir'), { recursive: true });
  writeFileSync(join(folder, 'pw'), 'secret\n');
  cpSync(certificates.ca, join(folder, 'ca.pem'));
  foreign = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => {
    foreign.listen(0, '127.0.0.1', resolve);
  });
  foreignPort = (foreign.address() as { port: number }).port;
  const [first] = cluster.masters as [TestServer];
  for (const [name, port] of [
    ['localhost:6379', plain.port],
    ['localhost:16379', forward.port],
    ['haproxy:6380', proxy.port],
    ['node1:7000', first.port],
    ['dragonfly:6379', few.port],
    ['locked:6379', locked.port],
    ['tls:6379', locked.tlsPort],
    ['foreign:80', foreignPort],
  ] as const)
    addresses.set(name, `127.0.0.1:${port}`);
  addresses.set('s1,s2,s3', sentinels.map(({ port }) => `127.0.0.1:${port}`).join(','));
});

afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  foreign?.close();
  rmSync(folder, { recursive: true });
});

describe.skipIf(!canRun)('docs/guide/restore.md', () => {
  test.each(LINES)('%s', async (line) => {
    if (!line.includes('--resume')) await empty();
    const { code, stderr } = await run(placed(line));
    expect(code, stderr).toBe(Number(/ # exit code (\d+)$/.exec(line)?.[1] ?? 0));
    if (!line.includes('--plan') && !line.includes('--json')) expect(stderr).toMatch(/restored into/);
  });

  test('has every flag of the help, and no other', async () => {
    const flagsIn = (text: string): string[] => [...new Set(text.match(/(?<=[\s`])--[a-z-]+/g))].sort();
    const table = GUIDE.slice(GUIDE.indexOf('## All flags'));
    const { stdout } = await run('rdbkit restore --help');
    expect(flagsIn(table)).toEqual(flagsIn(stdout.split('\nExamples')[0] ?? ''));
  });
});

test.skipIf(!canRun)('metrics are there while it runs', async () => {
  await empty();
  const target = `redis://${addresses.get('localhost:6379')}`;
  const args = ['restore', '--metrics-port', '0', '--max-ops', '100', 'dump.rdb', target];
  const env = { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH}` };
  const child = spawn('rdbkit', args, { cwd: folder, env });
  let talk = '';
  child.stderr.on('data', (chunk: Buffer) => {
    talk += chunk.toString();
  });
  let text = '';
  await until('keys are counted', async () => {
    const [, url] = /metrics at (\S+)\s/.exec(talk) ?? [];
    if (url !== undefined) text = await (await fetch(url)).text();
    return /settled_keys_total [1-9]/.test(text);
  });
  child.kill();
  expect(text).toMatch(/^rdbkit_restore_settled_keys_total [1-9]\d*$/m);
  expect(text).toMatch(/^# TYPE rdbkit_restore_target_latency_seconds gauge$/m);
  expect(text).toMatch(/^rdbkit_restore_source_bytes \d{4,}$/m);
});

describe.skipIf(!canRun)('what goes wrong at the first contact', () => {
  const SECRET = 'hunter2-of-nobody';

  test.each([
    [`redis://:${SECRET}@locked:6379`, /wrong .*password/i],
    [`redis://app:${SECRET}@locked:6379/2`, /wrong .*password/i],
    [`redis-sentinel://s1,s2,s3/mymaster?sentinelPassword=${SECRET}&db=0`, /restored into/],
    [`redis://:${SECRET}@127.0.0.1:1`, /connection refused/],
    [`redis://:${SECRET}@foreign:80`, /not .*Redis|does not speak/i],
    [`rediss://:${SECRET}@locked:6379`, /TLS/],
    [`redis://:${SECRET}@tls:6379`, /TLS/],
    [`rediss://:${SECRET}@tls:6379`, /certificate/],
    [`redis://:${SECRET}@locked:6379?nosuch=1`, /nosuch/],
    [`redis://:${SECRET}@[::1`, /expected HOST:PORT/],
    ['redis://locked:6379', /login|password/i],
    ['redis://no.such.host.invalid:1', /no\.such\.host\.invalid/],
  ])('%s', async (address, expected) => {
    await empty();
    const line = `rdbkit restore --retry-for 1s dump.rdb '${placed(address)}'`;
    const { stdout, stderr } = await run(line);
    expect(stderr).toMatch(expected);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stderr.match(/error:/g) ?? []).toHaveLength(stderr.includes('restored into') ? 0 : 1);
    const { stdout: json, stderr: talk } = await run(`${line} --json --journal r.journal --report report.jsonl`);
    const files = (await run('cat r.journal report.jsonl 2>/dev/null; true')).stdout;
    expect(json + talk + files).not.toContain(SECRET);
  });
});
