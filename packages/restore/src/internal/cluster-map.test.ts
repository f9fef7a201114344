import { expect, test } from 'vitest';
import { parseRedirection, readSlotRanges } from './cluster-map.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('CLUSTER SLOTS', () => {
  const reply = [
    [
      0,
      100,
      [bytes('10.0.0.1'), 7000, bytes('id1'), []],
      [bytes('10.0.0.2'), 7000, bytes('id2'), [bytes('hostname'), bytes('h')]],
    ],
    [101, 16_383, [null, 7001, bytes('id3')]],
    [5, 6, [bytes(''), 7002]],
    [7, 8, [bytes('?'), 7003]],
    [9, 10],
    [11, 20_000, [bytes('h'), 1]],
    'x',
  ];
  expect(readSlotRanges(reply, 'asked')).toEqual([
    {
      first: 0,
      last: 100,
      master: { address: { host: '10.0.0.1', port: 7000 }, id: 'id1' },
      replicas: [{ address: { host: '10.0.0.2', port: 7000 }, id: 'id2' }],
    },
    { first: 101, last: 16_383, master: { address: { host: 'asked', port: 7001 }, id: 'id3' }, replicas: [] },
    { first: 5, last: 6, master: { address: { host: 'asked', port: 7002 }, id: null }, replicas: [] },
    { first: 7, last: 8, master: { address: { host: 'asked', port: 7003 }, id: null }, replicas: [] },
  ]);
  expect(readSlotRanges('x', 'asked')).toEqual([]);
});

test.each([
  ['MOVED 12182 10.0.0.1:7000', { isAsk: false, slot: 12_182, host: '10.0.0.1', port: 7000 }],
  ['ASK 5061 h:7000', { isAsk: true, slot: 5061, host: 'h', port: 7000 }],
  ['MOVED 1 :7000', { isAsk: false, slot: 1, host: '', port: 7000 }],
  ['MOVED 1 ::1:7000', { isAsk: false, slot: 1, host: '::1', port: 7000 }],
  ['MOVED 1 [::1]:7000', { isAsk: false, slot: 1, host: '::1', port: 7000 }],
  ['MOVED 16384 h:1', null],
  ['MOVED x h:1', null],
  ['ERR MOVED 1 h:1', null],
])('%s', (text, expected) => {
  expect(parseRedirection(text)).toEqual(expected);
});
