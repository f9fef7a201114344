import { Buffer } from 'node:buffer';
import type { Argument } from '@rdbkit/testkit';
import type { DataSet } from '../data-set.ts';
import type { Load } from '../load.ts';
import type { Random } from '../random.ts';
import { borderIntegers, drawnIntegers, NEAR_INTEGERS, ODD_STRINGS } from '../values.ts';

/** Strings in every stored form, under keys in every stored form. */
export const strings: DataSet = {
  name: 'strings',
  async load(load) {
    const random = load.random('strings');
    const set = async (name: string, value: Argument): Promise<void> => {
      await load.run('SET', load.key(`str:${name}`), value);
    };
    for (const value of [...borderIntegers(), ...(load.profile === 'random' ? drawnIntegers(random) : [])]) {
      await set(`int:${value}`, value);
    }
    for (const value of [
      ...NEAR_INTEGERS,
      '9223372036854775808',
      '18446744073709551615',
      '12345678901',
      '123456789012',
    ]) {
      await set(`near-int:${value}`, value);
    }
    await set('empty', '');
    for (const [i, value] of ODD_STRINGS.entries()) await set(`odd:${i}`, value);
    await loadLengths(load, set, random);
    await loadCompressible(load, set, random);
    await loadKeyNames(load, random);
    await loadEdited(load);
    if (await load.supports('PFADD')) await loadHyperLogLogs(load, random);
  },
};

type Set = (name: string, value: Argument) => Promise<void>;

async function loadLengths(load: Load, set: Set, random: Random): Promise<void> {
  const lengths = [1, 11, 12, 19, 20, 21, 43, 44, 45, 62, 63, 64, 65, 100];
  if (load.profile === 'random') lengths.push(...Array.from({ length: 12 }, () => random.int(1, 500)));
  for (const length of lengths) await set(`text:${length}`, random.text(length));
  for (const length of [20, 21, 63, 64, 300]) await set(`noise:${length}`, random.noise(length));
  // The border between the length forms of 14 and 32 bits, stored as it is and compressed.
  await set('noise:long', random.noise(load.size('strings.noise', 16_384, 16_384, 18_000)));
  for (const length of [16_383, 16_384]) await set(`repeated:${length}`, Buffer.alloc(length, random.text(50)));
}

/** Near and far repeats, short and long ones, as LZF finds them. */
async function loadCompressible(load: Load, set: Set, random: Random): Promise<void> {
  const noise = random.noise(400);
  await set('run:64', 'a'.repeat(64));
  await set('run:300', 'z'.repeat(300));
  await set('zeros', Buffer.alloc(1000));
  await set('far-repeat', Buffer.concat([noise, Buffer.from(random.text(7500)), noise]));
  await set('too-far-repeat', Buffer.concat([noise, Buffer.from(random.text(8300)), noise]));
  await set('overlaps', 'ab'.repeat(40) + 'abc'.repeat(100));
  await set('literals-of-33', Buffer.concat([random.noise(33), noise.subarray(0, 40), noise.subarray(0, 40)]));
  await set('json', random.json(load.size('strings.json', 3000, 600, 6000)));
  const million = load.size('strings.million', 1_000_000, 900_000, 1_100_000);
  await set('million', Buffer.alloc(million, 'a long text that says the same again and again, '));
}

async function loadKeyNames(load: Load, random: Random): Promise<void> {
  for (const name of ['', '7', '-129', '65536', '2147483648', '0012', 'ключ:日本語', 'with "quotes"\r\nand line end']) {
    await load.run('SET', name, 'an odd name');
  }
  await load.run('SET', Buffer.from([0x00, 0xff, 0x0d, 0x0a]), 'an odd name');
  await load.run('SET', 'k'.repeat(load.size('strings.long-key', 300, 80, 900)), 'a name that is compressed');
  await load.run('SET', random.noise(load.size('strings.noise-key', 200, 64, 500)), 'a long name that is not');
}

async function loadEdited(load: Load): Promise<void> {
  await load.run('SETBIT', load.key('str:bitmap'), load.size('strings.bit', 12_345, 800, 30_000), 1);
  await load.run('SETRANGE', load.key('str:setrange'), 40, 'tail');
  for (const part of ['12', '34']) await load.run('APPEND', load.key('str:appended'), part);
  await load.run('INCRBY', load.key('str:counter'), load.size('strings.counter', 100_000, 1, 1e9));
  if (await load.supports('INCRBYFLOAT')) await load.run('INCRBYFLOAT', load.key('str:float'), '10.125');
}

async function loadHyperLogLogs(load: Load, random: Random): Promise<void> {
  const elements = (count: number): string[] => Array.from({ length: count }, () => random.letters(8));
  await load.run('PFADD', load.key('hll:sparse'), ...elements(5));
  await load.runInBatches(['PFADD', load.key('hll:dense')], elements(3000));
}
