import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Content, compareContent } from './content.ts';
import { RdbBuilder } from './rdb-builder.ts';
import { stringValue } from './rdb-values.ts';
import { expiryToleranceMs } from './read-back.ts';
import { ReplyError } from './resp-client.ts';
import { DumpRefusedError, ServerStartError, startServer, type TestServer, withServer } from './server.ts';
import { isAtLeast, type ServerProgram, serversForTests } from './server-programs.ts';
import { eachVector, listVectors, type Vector } from './vectors.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const servers = serversForTests();

/** Dumps that a server of the same flavour and release wrote. */
function ownVectors(program: ServerProgram): Vector[] {
  const [major, minor] = program.version;
  const own = new RegExp(`/${program.flavour}-${major}\\.${minor}\\.[^/]*/`);
  const needsModules = (vector: Vector): boolean => vector.expected()?.meta.modules !== undefined;
  return listVectors('corpus', 'test-vectors').filter((vector) => own.test(vector.name) && !needsModules(vector));
}

describe.skipIf(servers.length === 0)('what a server loads it reads back', () => {
  describe.each(servers.map((program) => [program.label, program] as const))('%s', (_label, program) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer(program);
    });
    afterAll(async () => {
      await server.stop();
    });

    it.each(eachVector(ownVectors(program)))('%s', async (_name, vector) => {
      const expected = vector.expected() as Content;
      await server.loadDump(vector.read());
      const actual = await server.readBack({ rdbTypes: true });
      const expiredBy = Date.now();
      const toleranceMs = await expiryToleranceMs(server);
      // What loading changes: packed encodings are chosen anew, and recorded producers are kept for a day only.
      const ignore = ['encoding', 'rdbType', 'usage', 'idmp'] as const;
      expect(compareContent(expected, actual, { ignore, expiredBy, toleranceMs })).toEqual([]);
    });

    it('ends with its client, and says why it does not start', async () => {
      const file = new RdbBuilder({ version: isAtLeast(program, 2, 6) ? 6 : 2 })
        .selectDb(0)
        .key('k', stringValue('v'))
        .finish();
      const other = await startServer(program, { dump: file, tcp: true });
      expect(await other.databaseSizes()).toEqual(new Map([[0, 1]]));
      await other.stop();
      await expect(other.connect()).rejects.toThrow();
      await expect(startServer(program, { dump: new RdbBuilder({ version: 9999 }).finish() })).rejects.toThrow(
        ServerStartError,
      );
    });

    it('refuses a damaged dump and runs on', async () => {
      const file = new RdbBuilder({ version: isAtLeast(program, 2, 6) ? 6 : 2 }).selectDb(0).key('k', stringValue('v'));
      await server.loadDump(file.finish());
      expect(Number(await server.call('DBSIZE'))).toBe(1);
      const digest = await server.debugDigest();
      await expect(server.loadDump(file.unfinished())).rejects.toThrow(DumpRefusedError);
      expect(Number(await server.call('DBSIZE'))).toBe(0);
      await server.loadDump(file.finish());
      expect(await server.debugDigest()).toBe(digest);
    });

    it('counts the replies to piped commands', async () => {
      await server.flush();
      const resp = Buffer.from(
        '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$4\r\nLPOP\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n',
      );
      const chunks = Array.from(resp, (byte) => Uint8Array.of(byte));
      for (const source of [resp, chunks]) {
        const result = await server.pipe(source);
        expect(result).toMatchObject({ replies: 3, errorCount: 1 });
        expect(result.errors[0]).toMatch(/wrong kind of value/);
      }
      const { status, output } = await server.pipeThroughCli(resp);
      expect(status).toBe(1);
      expect(output).toMatch(/errors: 1, replies: 3/);
      await expect(server.call('LPOP', 'a')).rejects.toThrow(ReplyError);
    });
  });
});

describe.skipIf(servers.length === 0)('what a test leaves behind', () => {
  it('nothing, when it fails', async () => {
    const program = servers.at(-1) as ServerProgram;
    let failed: TestServer | undefined;
    const failing = withServer(program, {}, async (server) => {
      failed = server;
      await server.call('PING');
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    await expect(failed?.connect()).rejects.toThrow();
  });
});
