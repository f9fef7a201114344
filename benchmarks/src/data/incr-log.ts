/** An incremental log such as a busy server writes. */
import { Buffer } from 'node:buffer';
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { Random } from './random.ts';

const FLUSH_BYTES = 1024 * 1024;
/** A writer of this many commands a second has an annotation before so many of them. */
const COMMANDS_PER_SECOND = 5000;
const FIRST_SECOND = 1_700_000_000;
const COMMANDS_PER_DATABASE = 100_000;
const DATABASES = 4;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';

function command(...args: readonly (string | number)[]): string {
  let text = `*${args.length}\r\n`;
  for (const arg of args) {
    const part = String(arg);
    text += `$${part.length}\r\n${part}\r\n`;
  }
  return text;
}

/** Writes a log of about so many commands. */
export function writeIncrLog(path: string, commands: number): void {
  const random = new Random(7);
  let pool = '';
  for (let i = 0; i < 65_536; i++) pool += LETTERS[random.next() & 63];
  const value = (least: number, most: number): string => {
    const at = random.next() % (pool.length - most);
    return pool.slice(at, at + random.between(least, most));
  };
  const one = (i: number): string => {
    const kind = random.between(0, 99);
    if (kind < 35) return command('SET', `session:${i}`, value(20, 250), 'PXAT', 1_800_000_000_000 + i);
    if (kind < 50)
      return command('HSET', `user:${random.between(1, 1e6)}`, 'name', value(4, 20), 'seen', i, 'city', value(3, 12));
    if (kind < 60) return command('INCR', `counter:${random.between(1, 1e5)}`);
    if (kind < 70) return command('ZADD', `board:${random.between(1, 100)}`, random.between(1, 1e6), `player:${i}`);
    if (kind < 80) return command('RPUSH', `queue:${random.between(1, 50)}`, value(40, 200), value(40, 200));
    if (kind < 85) return command('SADD', `tags:${random.between(1, 1e5)}`, value(3, 12), value(3, 12), value(3, 12));
    if (kind < 90) return command('DEL', `session:${random.between(0, i)}`);
    if (kind < 95) return command('PEXPIREAT', `user:${random.between(1, 1e6)}`, 1_800_000_000_000 + i);
    return command(
      'XADD',
      `events:${random.between(1, 20)}`,
      `${FIRST_SECOND}${i}-0`,
      'kind',
      value(4, 10),
      'body',
      value(20, 120),
    );
  };

  const fd = openSync(`${path}.part`, 'w');
  let waiting = '';
  for (let i = 0; i < commands; i++) {
    if (i % COMMANDS_PER_SECOND === 0) waiting += `#TS:${FIRST_SECOND + i / COMMANDS_PER_SECOND}\r\n`;
    if (i % COMMANDS_PER_DATABASE === 0) waiting += command('SELECT', (i / COMMANDS_PER_DATABASE) % DATABASES);
    waiting += i % 50 === 0 ? command('MULTI') + one(i) + one(i) + command('EXEC') : one(i);
    if (waiting.length < FLUSH_BYTES) continue;
    writeSync(fd, Buffer.from(waiting, 'latin1'));
    waiting = '';
  }
  writeSync(fd, Buffer.from(waiting, 'latin1'));
  closeSync(fd);
  renameSync(`${path}.part`, path);
}
