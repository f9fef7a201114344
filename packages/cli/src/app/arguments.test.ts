import { describe, expect, it } from 'vitest';
import { colorModeOf, normaliseArguments } from './arguments.ts';

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
