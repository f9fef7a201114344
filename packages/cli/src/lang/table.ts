/**
 * Tables for terminals: aligned, as wide as there is room for, without lines.
 *
 * @module
 */
import { textWidth } from './printable.ts';

/** A column. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /**
   * Where there is too little room, columns with the highest number go first. Those with 0 stay.
   * @default 0
   */
  readonly yields?: number;
}

/** A cell: text, or what makes text of a number of columns. Only the last column may have such cells; they get what is left. */
export type Cell = string | ((width: number) => string);

/** A row; `paint` colours a cell once it has its width. */
export interface Row {
  readonly cells: readonly Cell[];
  readonly paint?: (text: string, column: number) => string;
}

const GAP = 2;
/** A column whose cells adapt is at least as wide as this, before others go. */
const LEAST_ADAPTIVE = 24;

/**
 * The lines of a table that is at most `width` columns wide, the titles first.
 *
 * @param head - Paints the titles.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly Row[],
  width: number,
  head: (text: string) => string,
): string[] {
  const natural = columns.map((column, i) => {
    const cells = rows.map(({ cells }) => cells[i] ?? '');
    const fixed = cells.map((cell) => (typeof cell === 'string' ? textWidth(cell) : LEAST_ADAPTIVE));
    return Math.max(textWidth(column.title), ...fixed);
  });
  const kept = keptColumns(columns, natural, width);
  const isAdaptive = kept.map((i) => rows.some(({ cells }) => typeof cells[i] === 'function'));
  const taken = kept.reduce((sum, i, at) => sum + (isAdaptive[at] ? 0 : (natural[i] ?? 0)) + (at > 0 ? GAP : 0), 0);
  const widths = kept.map((i, at) => (isAdaptive[at] ? Math.max(LEAST_ADAPTIVE, width - taken) : (natural[i] ?? 0)));

  const line = (cells: readonly Cell[], paint: (text: string, column: number) => string): string => {
    const parts = kept.map((i, at) => {
      const room = widths[at] ?? 0;
      const cell = cells[i] ?? '';
      const text = typeof cell === 'string' ? cell : cell(room);
      const padding = ' '.repeat(Math.max(0, room - textWidth(text)));
      const painted = text === '' ? '' : paint(text, i);
      if (columns[i]?.align === 'right') return padding + painted;
      // Nothing is drawn behind the last cell of a line.
      return at === kept.length - 1 ? painted : painted + padding;
    });
    return parts.join(' '.repeat(GAP)).trimEnd();
  };
  const titles = columns.map(({ title }) => title);
  const isTitled = titles.some((title) => title !== '');
  const body = rows.map(({ cells, paint = (text) => text }) => line(cells, paint));
  return isTitled ? [line(titles, head), ...body] : body;
}

/** The columns that fit, by number. */
function keptColumns(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  let kept = columns.map((_, i) => i);
  for (;;) {
    const needed = kept.reduce((sum, i) => sum + (natural[i] ?? 0), GAP * (kept.length - 1));
    if (needed <= width) return kept;
    const next = kept.reduce<number | null>((worst, i) => {
      const yields = columns[i]?.yields ?? 0;
      return yields > 0 && (worst === null || yields >= (columns[worst]?.yields ?? 0)) ? i : worst;
    }, null);
    if (next === null) return kept;
    kept = kept.filter((i) => i !== next);
  }
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A horizontal bar for a share of up to 1, `width` columns at most; nothing for nothing, and something for something. */
export function bar(share: number, width: number, isUnicode: boolean): string {
  const exact = Math.min(1, Math.max(0, share)) * width;
  if (!isUnicode) return '#'.repeat(share > 0 ? Math.max(1, Math.round(exact)) : 0);
  const eighths = share > 0 ? Math.max(1, Math.round(exact * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

const HEIGHTS = '▁▂▃▄▅▆▇█';
const ASCII_HEIGHTS = '.:-=+*#@';

/** One character for each value, the higher the larger; a blank for nothing. */
export function sparkline(values: readonly number[], isUnicode: boolean): string {
  const highest = Math.max(...values, 0);
  const heights = isUnicode ? HEIGHTS : ASCII_HEIGHTS;
  return values
    .map((value) => (value === 0 ? ' ' : (heights[Math.ceil((value / highest) * heights.length) - 1] ?? '')))
    .join('');
}
