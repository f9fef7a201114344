import type { DataSet } from '../data-set.ts';
import { borderIntegers, drawnIntegers, NEAR_INTEGERS, ODD_STRINGS } from '../values.ts';

const LENGTHS = [0, 1, 5, 6, 7, 8, 9, 63, 64, 300, 5000];
const SPARSE = [
  '0',
  '1',
  '4095',
  '4096',
  '1000000',
  '4294967296',
  '9007199254740993',
  '9223372036854775808',
  '18446744073709551614',
];

/** Sparse arrays (Redis 8.8). */
export const arrays: DataSet = {
  name: 'arrays',
  needs: ['ARSET'],
  async load(load) {
    const random = load.random('arrays');
    const key = (name: string): Buffer => load.key(`array:${name}`);
    await load.run('ARSET', key('one'), 0, 'only');
    await load.run('ARINSERT', key('inserted'), 'first', 'second', '3', '4.5');
    await load.run('ARSET', key('ints'), 0, ...borderIntegers(), ...drawnIntegers(random));
    await load.run('ARSET', key('near-ints'), 5, ...NEAR_INTEGERS);
    await load.run(
      'ARSET',
      key('floats'),
      1,
      '0.5',
      '-1.25',
      '3.141592653589793',
      '0.1',
      '1e300',
      '5e-324',
      '1.50',
      '2.0',
      '-0.0',
      'inf',
      'nan',
    );
    await load.run('ARSET', key('odd'), 3, ...ODD_STRINGS);
    await load.run('ARSET', key('lengths'), 0, ...LENGTHS.map((length) => random.text(length)));
    await load.run('ARMSET', key('sparse'), ...SPARSE.flatMap((index) => [index, `at ${index}`]));
    const count = load.size('arrays.dense', 300, 100, 3000);
    await load.runInBatches(
      ['ARINSERT', key('dense')],
      Array.from({ length: count }, (_, i) => (i % 5 === 0 ? random.word() : i * i)),
    );
    for (let i = 0; i < 23; i++) await load.run('ARRING', key('ring'), 8, `event ${i}`);
    await load.run('ARSET', key('seek'), 10, 'x');
    await load.run('ARSEEK', key('seek'), '70000000000');
    await load.run('ARSET', key('holes'), 0, ...Array.from({ length: 50 }, (_, i) => i));
    for (let i = 1; i < 50; i += 2) await load.run('ARDEL', key('holes'), i);
  },
};
