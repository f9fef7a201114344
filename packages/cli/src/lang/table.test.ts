import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, textWidth } from './printable.ts';
import { bar, type Column, sparkline, tableLines } from './table.ts';

const plain = (text: string): string => text;
const COLUMNS: readonly Column[] = [
  { title: 'size', align: 'right' },
  { title: 'type', align: 'left', yields: 1 },
  { title: 'expires', align: 'right', yields: 2 },
  { title: 'key', align: 'left' },
];

const rowsOf = (names: readonly string[]): { cells: (string | ((width: number) => string))[] }[] =>
  names.map((name, i) => ({ cells: [String(10 ** i), 'hash', '3 d', (width) => printable(Buffer.from(name), width)] }));

describe('a table', () => {
  it('aligns, and gives what is left to the last column', () => {
    expect(tableLines(COLUMNS, rowsOf(['a', 'b'.repeat(40)]), 45, plain)).toEqual([
      'size  type  expires  key',
      '   1  hash      3 d  "a"',
      '  10  hash      3 d  "bbbbbbbbbbbbbbbbbbbbb"…',
    ]);
  });

  it('drops columns that yield where there is too little room', () => {
    expect(tableLines(COLUMNS, rowsOf(['a']), 36, plain)).toEqual(['size  type  key', '   1  hash  "a"']);
    expect(tableLines(COLUMNS, rowsOf(['a']), 30, plain)).toEqual(['size  key', '   1  "a"']);
  });

  it('counts wide characters as two columns and colours what it has measured', () => {
    const rows = [{ cells: ['漢字', 'x'], paint: (text: string) => `<${text}>` }, { cells: ['abcd', 'y'] }];
    const columns: Column[] = [
      { title: '', align: 'left' },
      { title: '', align: 'left' },
    ];
    expect(tableLines(columns, rows, 40, plain)).toEqual(['<漢字>  <x>', 'abcd  y']);
  });

  it('is never wider than it may be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 38, max: 200 }),
        (names, width) => {
          for (const line of tableLines(COLUMNS, rowsOf(names), width, plain))
            expect(textWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

it.each([
  [0, ''],
  [0.001, '▏'],
  [0.5, '█████'],
  [0.56, '█████▋'],
  [1, '██████████'],
  [2, '██████████'],
])('a bar for %s', (share, expected) => {
  expect(bar(share, 10, true)).toBe(expected);
});

it('bars and sparklines without Unicode', () => {
  expect(bar(0.3, 10, false)).toBe('###');
  expect(bar(0, 10, false)).toBe('');
  expect(sparkline([0, 1, 8], true)).toBe(' ▁█');
  expect(sparkline([0, 1, 8], false)).toBe(' .@');
  expect(sparkline([], true)).toBe('');
});
