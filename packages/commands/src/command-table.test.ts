import { describe, expect, it } from 'vitest';
import { argumentsOf } from '../testing/arguments.ts';
import { KeyPositions, keysOf } from './index.ts';
import { COMMAND_ROWS } from './internal/command-rows.ts';

/** The keys of a command line, the one that alone changes in brackets; `null` for a command that is not known. */
function keysIn(line: string): string[] | null {
  const words = line.split(' ').map((word) => (word === "''" ? '' : word));
  const keys = new KeyPositions();
  if (keysOf(argumentsOf(words), keys) === null) return null;
  return Array.from({ length: keys.count }, (_, i) => {
    const word = words[keys.at(i)] ?? 'beyond the end';
    return i === keys.target ? `[${word}]` : word;
  });
}

describe('keysOf', () => {
  it.each([
    ['SET k v', ['k']],
    ['sEt k v', ['k']],
    ['PING', []],
    ['GET', []],
    ['DEL a b c', ['a', 'b', 'c']],
    ['MSET a 1 b 2', ['a', 'b']],
    ['MSETEX 2 a 1 b 2 EX 10', ['a', 'b']],
    ['BITOP AND d a b', ['[d]', 'a', 'b']],
    ['SUNIONSTORE d a b', ['[d]', 'a', 'b']],
    ['ZUNIONSTORE d 2 a b WEIGHTS 1 2', ['[d]', 'a', 'b']],
    ['ZUNIONSTORE d 99 a b', ['[d]', 'a', 'b']],
    ['ZUNIONSTORE d 12345678901 a b', ['[d]']],
    ['ZUNIONSTORE d x a b', ['[d]']],
    ['COPY a b DB 2', ['a', '[b]']],
    ['RENAME a b', ['a', 'b']],
    ['BLPOP a b 0', ['a', 'b']],
    ['BLMPOP 0 2 a b LEFT', ['a', 'b']],
    ['EVAL return 2 a b c', ['a', 'b']],
    ['SORT k', ['k']],
    ['SORT k BY STORE LIMIT 0 STORE GET store STORE d', ['k', '[d]']],
    ['SORT k STORE x STORE d', ['k', '[d]']],
    ['GEORADIUS k 1 2 3 m STORE a STOREDIST d', ['k', '[d]']],
    ['GEORADIUSBYMEMBER k STORE 3 m', ['k']],
    ['XREADGROUP GROUP streams c COUNT 1 STREAMS a b > >', ['a', 'b']],
    ['XREAD STREAMS a 0', ['a']],
    ['XGROUP CREATE k g 0', ['k']],
    ['XGROUP HELP', []],
    ['XINFO STREAM k', ['k']],
    ['MEMORY USAGE k', ['k']],
    ['MEMORY DOCTOR x', []],
    ['OBJECT FREQ k', ['k']],
    ['FUNCTION LOAD code', []],
    ['MIGRATE h 1 k 0 100', ['k']],
    ["MIGRATE h 1 '' 0 100 AUTH KEYS KEYS a b", ['a', 'b']],
    ["MIGRATE h 1 '' 0 100 AUTH2 KEYS KEYS KEYS a b", ['a', 'b']],
    ["MIGRATE h 1 '' 0 100 COPY", ['']],
    ['STRALGO LCS IDX KEYS a b', ['a', 'b']],
    ['STRALGO LCS STRINGS a b', []],
    ['PEXPIREMEMBERAT k m 1', ['k']],
    ['JSON.MSET a $ 1 b $ 2', ['a', 'b']],
    ['JSON.MGET a b $', ['a', 'b']],
    ['TS.MADD a 1 2 b 1 2', ['a', 'b']],
    ['FT.CREATE idx SCHEMA t TEXT', []],
    ['FT.ADD idx doc 1', ['doc']],
    ['NOSUCHCOMMAND k', null],
    ['SE k', null],
    ["'' k", null],
  ])('%s', (line, expected) => {
    expect(keysIn(line)).toEqual(expected);
  });

  it('tells what a command does and whether it can be split', () => {
    const spec = (line: string): unknown => {
      const found = keysOf(argumentsOf(line.split(' ')), new KeyPositions());
      return found === null ? null : [found.name, found.access, found.unit];
    };
    expect(spec('mset a 1')).toEqual(['MSET', 'write', 2]);
    expect(spec('unlink a b')).toEqual(['UNLINK', 'write', 1]);
    expect(spec('json.mset a $ 1')).toEqual(['JSON.MSET', 'write', 3]);
    expect(spec('rename a b')).toEqual(['RENAME', 'write', 0]);
    expect(spec('function load x')).toEqual(['FUNCTION LOAD', 'write', 0]);
    expect(spec('FUNCTION LIST')).toEqual(['FUNCTION', 'other', 0]);
    expect(spec('FUNCTION LOADS x')).toEqual(['FUNCTION', 'other', 0]);
    expect(spec('get a')).toEqual(['GET', 'read', 0]);
  });

  it('finds more keys than it had room for', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `k${i}`);
    expect(keysIn(`DEL ${names.join(' ')}`)).toEqual(names);
  });

  it('has each command once', () => {
    const names = COMMAND_ROWS.flatMap(([, , list]) => list.split(' '));
    expect(names.length).toBeGreaterThan(350);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    for (const name of names) {
      const found = keysOf(argumentsOf(name.split('|')), new KeyPositions());
      expect(found?.name).toBe(name.replace('|', ' '));
    }
  });
});
