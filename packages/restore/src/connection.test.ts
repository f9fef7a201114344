// A connection against a peer that the test plays itself, over a pair of streams.
import { Duplex } from 'node:stream';
import { ReplyError } from '@rdbkit/resp';
import { afterEach, describe, expect, test } from 'vitest';
import { Connection, type ConnectionOptions, EndpointError, type ReplyHandler } from './index.ts';

const ADDRESS = { host: 'db', port: 6379 };

/** The other end: what was sent is in `received`, what is said is delivered. */
class Peer extends Duplex {
  received = '';
  /** While set, nothing is taken. */
  isStalled = false;
  private held: (() => void)[] = [];
  private waiting: (() => void)[] = [];

  override _read(): void {
    // Everything is pushed by `say`.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const take = (): void => {
      this.received += chunk.toString('latin1');
      for (const wake of this.waiting.splice(0)) wake();
      done();
    };
    if (this.isStalled) this.held.push(take);
    else take();
  }

  release(): void {
    this.isStalled = false;
    for (const take of this.held.splice(0)) take();
  }

  say(text: string): void {
    this.push(text);
  }

  async heard(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
      });
    }
  }
}

interface Log extends ReplyHandler {
  readonly told: string[];
  /** What else is done in each call. */
  also: (what: string) => void;
}

function newLog(): Log {
  const told: string[] = [];
  const log: Log = {
    told,
    also: () => {},
    ok: (count) => note(`${count} ok`),
    none: () => note('none'),
    error: (text, isNested) => note(`${isNested ? 'nested ' : ''}${text}`),
    drain: () => note('drain'),
    closed: (error) => note(`closed ${error.code}`),
  };
  const note = (what: string): void => {
    told.push(what);
    log.also(what);
  };
  return log;
}

const open: Connection[] = [];
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

function connect(options: ConnectionOptions = {}): { peer: Peer; connection: Connection; log: Log } {
  const peer = new Peer();
  const connection = new Connection(peer, ADDRESS, options);
  const log = newLog();
  connection.attach(log);
  open.push(connection);
  return { peer, connection, log };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe('replies', () => {
  test('to written commands, in order, calls between them apart', async () => {
    const { peer, connection, log } = connect();
    connection.write(bytes('<three>'), 3);
    const called = connection.call('WAIT', 1, bytes('x'));
    connection.write([bytes('<one,'), bytes(' in two chunks>')], 1);
    connection.write(bytes('<two>'), 2);
    expect(connection.pending).toBe(7);
    await peer.heard('<two>');
    expect(peer.received).toBe('<three>*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$1\r\nx\r\n<one, in two chunks><two>');
    peer.say('+OK\r\n+O');
    await tick();
    expect([log.told, connection.pending]).toEqual([['1 ok'], 6]);
    peer.say('K\r\n-ERR no\r\n:7\r\n$-1\r\n+OK\r\n*2\r\n+OK\r\n-ERR in\r\n');
    expect(await called).toBe(7);
    expect(log.told).toEqual(['1 ok', '1 ok', 'ERR no', 'none', '1 ok', 'nested ERR in']);
    expect(connection.pending).toBe(0);
  });

  test('an error reply to a call is thrown, or given when asked for', async () => {
    const { peer, connection } = connect();
    const called = connection.call('PING');
    const asked = connection.ask('PING');
    peer.say('-NOPERM a\r\n-NOPERM b\r\n');
    await expect(called).rejects.toThrow(new ReplyError('NOPERM a'));
    expect(await asked).toEqual(new ReplyError('NOPERM b'));
  });

  test('more can be sent while they are told, and the connection ended', async () => {
    const { peer, connection, log } = connect();
    log.also = (what) => {
      if (what === '1 ok') connection.write(bytes('<more>'), 1);
      if (what === 'none') connection.close();
    };
    connection.write(bytes('<a>'), 1);
    peer.say('+OK\r\n');
    await peer.heard('<more>');
    expect(connection.pending).toBe(1);
    connection.write(bytes('<b>'), 2);
    peer.say('$-1\r\n+OK\r\n');
    await tick();
    expect(log.told).toEqual(['1 ok', 'none']);
    expect(connection.ended).toMatchObject({ code: 'ENDPOINT_CLOSED' });
    expect(connection.write(bytes('<c>'), 1)).toBe(false);
    await expect(connection.call('PING')).rejects.toThrow(EndpointError);
    expect(peer.received).not.toContain('<c>');
  });

  test('messages that nobody asked for go to whoever takes them', async () => {
    const { peer, connection } = connect();
    const taken: unknown[] = [];
    connection.onUnasked((reply) => taken.push(reply));
    const subscribed = connection.call('SUBSCRIBE', 'a');
    peer.say('*3\r\n+subscribe\r\n+a\r\n:1\r\n*3\r\n+message\r\n+a\r\n+x\r\n');
    expect(await subscribed).toEqual(['subscribe', 'a', 1]);
    await tick();
    expect(taken).toEqual([['message', 'a', 'x']]);
  });
});

describe('backpressure', () => {
  test('writing is to pause above a mark, and goes on below another; flushed chunks may be used again', async () => {
    const { peer, connection, log } = connect();
    const flushed: number[] = [];
    peer.isStalled = true;
    const chunk = bytes('x'.repeat(300_000));
    expect(connection.write(chunk, 1, () => flushed.push(1))).toBe(true);
    expect(connection.write([chunk, chunk], 1, () => flushed.push(2))).toBe(false);
    expect(connection.isWritable).toBe(false);
    expect(flushed).toEqual([]);
    // Answers are read all the same: a peer that answers before it reads on cannot block both sides.
    peer.say('+OK\r\n');
    await tick();
    expect(log.told).toEqual(['1 ok']);
    peer.release();
    await peer.heard('x'.repeat(900_000));
    await tick();
    expect(flushed).toEqual([1, 2]);
    expect(log.told).toEqual(['1 ok', 'drain']);
    expect(connection.isWritable).toBe(true);
  });
});

describe('the end', () => {
  test.each<[string, (peer: Peer) => void, string, RegExp]>([
    ['end', (peer) => peer.push(null), 'ENDPOINT_CLOSED', /^db:6379: the server closed the connection$/],
    ['destroyed', (peer) => peer.destroy(), 'ENDPOINT_CLOSED', /closed/],
    ['reset', (peer) => peer.destroy(systemError('ECONNRESET')), 'ENDPOINT_CLOSED', /was reset/],
    ['EPIPE', (peer) => peer.destroy(systemError('EPIPE')), 'ENDPOINT_CLOSED', /was reset/],
    ['another error', (peer) => peer.destroy(systemError('EIO')), 'ENDPOINT_CLOSED', /broke \(EIO\)/],
    ['an answer to no command', (peer) => peer.say('+OK\r\n+OK\r\n-ERR x\r\n'), 'ENDPOINT_PROTOCOL', /no command/],
    ['no RESP any more', (peer) => peer.say('+OK\r\nfoo\r\n'), 'ENDPOINT_PROTOCOL', /expected a reply, found "foo"/],
  ])('%s', async (_name, end, code, message) => {
    const { peer, connection, log } = connect();
    const ends: string[] = [];
    connection.whenEnded(() => ends.push('ended'));
    const called = connection.ask('PING');
    called.catch(() => {});
    connection.write(bytes('<a>'), 1);
    end(peer);
    await expect.poll(() => log.told.at(-1)).toBe(`closed ${code}`);
    expect(log.told.filter((what) => what.startsWith('closed'))).toHaveLength(1);
    expect(connection.ended?.message).toMatch(message);
    expect(connection.pending).toBe(0);
    expect(ends).toEqual(['ended']);
    connection.whenEnded(() => ends.push('late'));
    expect(ends).toEqual(['ended', 'late']);
    expect(peer.destroyed).toBe(true);
  });

  test('what never spoke RESP is named', async () => {
    for (const [text, code, message] of [
      ['HTTP/1.1 400 Bad Request\r\n', 'ENDPOINT_NOT_REDIS', /a web server answers here/],
      ['<html>\r\n', 'ENDPOINT_NOT_REDIS', /a web server/],
      ['SSH-2.0-OpenSSH_9.2\r\n', 'ENDPOINT_NOT_REDIS', /an SSH server/],
      ['\x15\x03\x01\x00\x02\x02\x46\n', 'ENDPOINT_TLS_MISMATCH', /this port speaks TLS/],
      ['J\0\0\0\x0a8.0.36\0\r\n', 'ENDPOINT_NOT_REDIS', /it said "J..."/],
    ] as const) {
      const { peer, connection } = connect();
      const called = connection.call('PING');
      peer.push(Buffer.from(text, 'latin1'));
      await expect(called).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    }
  });

  test('unanswered calls are rejected', async () => {
    const { peer, connection } = connect();
    const called = connection.call('PING');
    peer.push(null);
    await expect(called).rejects.toMatchObject({ code: 'ENDPOINT_CLOSED', isPassing: true });
  });
});

describe('silence', () => {
  test('while answers are due ends the connection', async () => {
    const { connection, log } = connect({ replyTimeoutMs: 60 });
    connection.write(bytes('<a>'), 1);
    await expect.poll(() => log.told).toEqual(['closed ENDPOINT_TIMEOUT']);
    expect(connection.ended?.message).toMatch(/no sign of life for 0.1 s/);
  });

  test('is not silence as long as bytes are taken', async () => {
    const { peer, connection, log } = connect({ replyTimeoutMs: 100 });
    const started = performance.now();
    while (performance.now() - started < 300) {
      connection.write(bytes('<part>'), 0);
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
    expect(peer.received.length).toBeGreaterThan(20);
    expect(log.told).toEqual([]);
  });

  test('is broken by PING where nothing is due, and that must be answered', async () => {
    const { peer, connection, log } = connect({ heartbeatMs: 30, replyTimeoutMs: 90 });
    await peer.heard('PING');
    peer.say('+PONG\r\n');
    await peer.heard('PING\r\n*1\r\n$4\r\nPING');
    expect([connection.pending, log.told]).toEqual([1, []]);
    await expect.poll(() => log.told).toEqual(['closed ENDPOINT_TIMEOUT']);
  });
});

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
