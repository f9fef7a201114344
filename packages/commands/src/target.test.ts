import { describe, expect, test } from 'vitest';
import { acceptsModule, capabilitiesOf, defaultTarget, formatTarget, parseTarget } from './index.ts';

describe('words', () => {
  test.each([
    ['2.4', 'redis 2.4.0'],
    ['6.2', 'redis 6.2.0'],
    ['7.0.15', 'redis 7.0.15'],
    ['8', 'redis 8.0.0'],
    ['8.10', 'redis 8.10.0'],
    ['redis-7.2', 'redis 7.2.0'],
    ['Redis 7.2', 'redis 7.2.0'],
    ['redis', 'redis'],
    ['valkey-8', 'valkey 8.0.0'],
    ['valkey-9.1.0', 'valkey 9.1.0'],
    ['keydb-6.3', 'keydb 6.3.0'],
    ['dragonfly', 'dragonfly'],
    ['dragonfly-v1.24.0', 'dragonfly 1.24.0'],
    [' 7.4 ', 'redis 7.4.0'],
  ])('%s', (word, expected) => {
    expect(formatTarget(parseTarget(word))).toBe(expected);
  });

  test.each(['', 'redis-', 'valky-8', '7.', '7.0.15.1', 'latest', '-7', '7.4-rc1'])('not %j', (word) => {
    expect(() => parseTarget(word)).toThrow(RangeError);
  });
});

describe('what a server has', () => {
  const T = (...ranges: readonly (number | readonly [number, number])[]): number[] =>
    ranges.flatMap((r) => (typeof r === 'number' ? [r] : Array.from({ length: r[1] - r[0] + 1 }, (_, i) => r[0] + i)));

  test.each([
    ['2.4', 0, []],
    ['2.0', 0, []],
    ['2.6', 6, T([0, 4], [9, 13])],
    ['3.0', 6, T([0, 4], [9, 13])],
    ['3.2', 7, T([0, 4], [9, 14])],
    ['4.0', 8, T([0, 5], 7, [9, 14])],
    ['5.0', 9, T([0, 5], 7, [9, 15])],
    ['6.2.16', 9, T([0, 5], 7, [9, 15])],
    ['7.0', 10, T([0, 5], 7, [9, 19])],
    ['7.2', 11, T([0, 5], 7, [9, 21])],
    ['7.4', 12, T([0, 5], 7, [9, 21], 24, 25)],
    ['8.4', 12, T([0, 5], 7, [9, 21], 24, 25)],
    ['8.6', 13, T([0, 5], 7, [9, 21], [24, 26])],
    ['8.8', 14, T([0, 5], 7, [9, 21], [24, 28])],
    ['8.10', 15, T([0, 5], 7, [9, 21], [24, 29], 31)],
    ['8.12', 16, T([0, 5], 7, [9, 21], [24, 29], 31, 33)],
    ['99.0', 16, T([0, 5], 7, [9, 21], [24, 29], 31, 33)],
    ['valkey-7.2', 11, T([0, 5], 7, [9, 21])],
    ['valkey-8.1', 11, T([0, 5], 7, [9, 21])],
    ['valkey-9.0', 80, T([0, 5], 7, [9, 22])],
    ['valkey-9.2', 81, T([0, 5], 7, [9, 23])],
    ['keydb-6.3', 9, T([0, 5], 7, [9, 15])],
    ['dragonfly-1.6', 9, T(0, [2, 5], 7, [11, 18])],
    ['dragonfly-1.12', 11, T(0, [2, 5], 7, [11, 21])],
    ['dragonfly-1.15', 11, T(0, [2, 5], 7, [11, 21], [30, 32])],
    ['dragonfly', 12, T(0, [2, 5], 7, [11, 21], [30, 37])],
  ])('payloads of %s', (word, payloadVersion, types) => {
    const capabilities = capabilitiesOf(parseTarget(word));
    expect(capabilities.payloadVersion).toBe(payloadVersion);
    expect([...capabilities.types].sort((a, b) => a - b)).toEqual(types);
  });

  test.each([
    ['milliseconds', '2.6'],
    ['setOptions', '2.6.12'],
    ['restoreReplace', '3.0'],
    ['hsetPairs', '4.0'],
    ['restoreOptions', '5.0'],
    ['streams', '5.0'],
    ['setPxat', '6.2'],
    ['createConsumer', '6.2'],
    ['streamCounters', '7.0'],
    ['functions', '7.0'],
    ['vectorSets', '8.0'],
    ['idmpSettings', '8.6'],
    ['keyMetadata', '8.6'],
    ['idmpRecords', '8.6.2'],
    ['arrays', '8.8'],
    ['nack', '8.8'],
  ] as const)('%s since %s', (feature, since) => {
    const target = parseTarget(since);
    expect(capabilitiesOf(target)[feature]).toBe(true);
    expect(capabilitiesOf({ ...target, version: target.version - 1 })[feature]).toBe(false);
  });

  test.each([
    ['7.2', 'none'],
    ['7.4', 'hpexpireat'],
    ['valkey-8.1', 'none'],
    ['valkey-9.0', 'hpexpireat'],
    ['keydb-6.3', 'pexpirememberat'],
    ['dragonfly-1.23', 'none'],
    ['dragonfly-1.24', 'hexpire'],
  ])('field expiry of %s: %s', (word, expected) => {
    expect(capabilitiesOf(parseTarget(word)).fieldExpiry).toBe(expected);
  });

  test('modules', () => {
    expect(acceptsModule(capabilitiesOf(parseTarget('7.0')), 'ReJSON-RL')).toBe(true);
    expect(acceptsModule(capabilitiesOf(parseTarget('7.4')), 'vectorset')).toBe(false);
    expect(acceptsModule(capabilitiesOf(parseTarget('8.0')), 'vectorset')).toBe(true);
    expect(acceptsModule(capabilitiesOf(parseTarget('dragonfly')), 'ReJSON-RL')).toBe(true);
    expect(acceptsModule(capabilitiesOf(parseTarget('dragonfly')), 'MBbloom--')).toBe(false);
  });
});

describe('the server that wrote a dump', () => {
  const none = { redis: null, valkey: null, dragonfly: null };
  test.each([
    ['REDIS0001', 'redis', 1, none, 'redis 2.4.0'],
    ['no version', 'redis', 9, none, 'redis 5.0.0'],
    ['between', 'redis', 4, none, 'redis 2.6.0'],
    ['its own', 'redis', 9, { ...none, redis: '6.2.16' }, 'redis 6.2.16'],
    ['8.6.2', 'redis', 13, { ...none, redis: '8.6.2' }, 'redis 8.6.2'],
    ['unstable', 'redis', 14, { ...none, redis: '255.255.255' }, 'redis 8.8.0'],
    ['unstable Valkey', 'valkey', 80, { ...none, valkey: '255.255.255' }, 'valkey 9.0.0'],
    ['candidate', 'redis', 12, { ...none, redis: '7.3.240' }, 'redis 7.4.0'],
    ['KeyDB', 'redis', 9, { ...none, redis: '6.3.4' }, 'keydb 6.3.4'],
    ['Valkey with Redis magic', 'redis', 11, { ...none, valkey: '8.1.1' }, 'valkey 8.1.1'],
    ['Valkey for an old replica', 'redis', 11, { ...none, valkey: '9.1.0' }, 'valkey 7.2.0'],
    ['Dragonfly', 'redis', 9, { ...none, redis: '7.4.0', dragonfly: 'v1.30.1' }, 'dragonfly 1.30.1'],
    ['from the future', 'redis', 40, none, 'redis 8.12.0'],
  ] as const)('%s', (_, dialect, version, writer, expected) => {
    expect(formatTarget(defaultTarget({ dialect, version }, writer))).toBe(expected);
  });
});
