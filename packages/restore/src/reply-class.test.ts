// The wordings that no server at hand can easily be brought to say; the others are asked of servers in the slow test.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { classifyReply, REPLY_CLASSES } from './index.ts';

test.each([
  ['ERR Target key name is busy.', 'busy-key', 'exists'],
  ['ERR Invalid IDLETIME value, must be >= 0', 'bad-ttl', 'key'],
  ['ERR Operation against a key holding the wrong kind of value', 'wrong-type', 'key'],
  ['ERR The ID specified in XSETID is smaller than the target stream top item', 'stream-id', 'key'],
  ['ERR Protocol error: invalid bulk length', 'too-long', 'key'],
  ['ERR Protocol error: invalid multibulk length', 'protocol', 'stop'],
  ["ERR Protocol error: expected '$', got 'x'", 'protocol', 'stop'],
  ['ERR Protocol error: unauthenticated bulk length', 'protocol', 'stop'],
  ['ERR unbalanced quotes in request', 'protocol', 'stop'],
  ['CLUSTERDOWN Hash slot not served', 'cluster-down', 'wait'],
  ['CLUSTERDOWN The cluster is down and only accepts read commands', 'cluster-down', 'wait'],
  ['MOVED 12182 :7000', 'moved', 'redirect'],
  ['ERR SWAPDB is not allowed in cluster mode', 'not-in-cluster-mode', 'feature'],
  ['LOADING Redis is loading the dataset in memory', 'loading', 'wait'],
  ['LOADING Dragonfly is loading the dataset in memory', 'loading', 'wait'],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', 'busy', 'wait'],
  ['ERR unknown command `HPEXPIREAT`, with args beginning with: `k`, ', 'unknown-command', 'feature'],
  ["ERR unknown command 'restore'", 'unknown-command', 'feature'],
  ['ERR Unknown XGROUP subcommand or wrong number of arguments', 'unknown-command', 'feature'],
  ['ERR command not supported', 'unknown-command', 'feature'],
  ['ERR operation not permitted', 'no-auth', 'stop'],
  ['ERR invalid password', 'wrong-password', 'stop'],
  ['ERR invalid DB index', 'no-database', 'stop'],
  ['DENIED Redis is running in protected mode because …', 'protected-mode', 'stop'],
  ["ERR Library 'mylib' already exists", 'library-exists', 'key'],
  ['ERR something that nobody has heard of', 'other', 'key'],
  ['', 'other', 'key'],
])('%s', (text, id, action) => {
  expect(classifyReply(text)).toMatchObject({ id, action });
});

describe('the table', () => {
  test('stands in docs/reference/errors.md', () => {
    const text = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8');
    const rows = REPLY_CLASSES.map(({ id, action, advice }) => `| \`${id}\` | ${action} | ${advice} |`);
    expect(text).toContain(`| Kind | Action | Meaning |\n|---|---|---|\n${rows.join('\n')}\n`);
  });

  test('names each kind once, with advice of one line', () => {
    const ids = REPLY_CLASSES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { advice } of REPLY_CLASSES) expect(advice).toMatch(/^[^\n.]{15,200}$/);
  });
});
