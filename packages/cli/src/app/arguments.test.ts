import { describe, expect, it } from 'vitest';
import { colorModeOf, commandFirst, normaliseArguments } from './arguments.ts';

describe('normaliseArguments', () => {
  it('gives flags that stand alone their value', () => {
    expect(normaliseArguments(['--progress', 'dump.rdb', '--no-color'])).toEqual([
      '--progress=bar',
      'dump.rdb',
      '--color=never',
    ]);
  });

  it('separates values that are empty or have a line end', () => {
    expect(normaliseArguments(['--key=', '--key=a\nb=c', '--key=x'])).toEqual([
      '--key',
      '',
      '--key',
      'a\nb=c',
      '--key=x',
    ]);
  });

  it('leaves alone what comes after --', () => {
    expect(normaliseArguments(['--color', '--', '--color', '--key='])).toEqual([
      '--color=always',
      '--',
      '--color',
      '--key=',
    ]);
  });
});

describe('commandFirst', () => {
  it.each([
    [[], []],
    [['--color=never'], ['--color=never']],
    [
      ['convert', '-o', 'x'],
      ['convert', '-o', 'x'],
    ],
    [
      ['--color=never', 'convert', 'x'],
      ['convert', '--color=never', 'x'],
    ],
    [['help'], ['--help']],
    [
      ['help', 'convert'],
      ['convert', '--help'],
    ],
    [['help', '--quiet'], ['--help']],
    [['--json'], ['--json']],
  ])('%j', (args, expected) => {
    expect(commandFirst(args)).toEqual(expected);
  });
});

describe('colorModeOf', () => {
  it.each([
    [[], 'auto'],
    [['--color'], 'always'],
    [['--color=always', '--no-color'], 'never'],
    [['--color=sometimes'], 'auto'],
    [['--', '--color'], 'auto'],
  ])('%j', (args, mode) => {
    expect(colorModeOf(args)).toBe(mode);
  });
});
