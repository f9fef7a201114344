/**
 * A histogram of upright columns. The one that is pointed at, or walked to with the arrow keys, is told in words below.
 *
 * @module
 */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

/** A column. */
export interface ChartColumn {
  /** Below the chart, where there is room. */
  readonly tick: string;
  /** In full. */
  readonly words: string;
  /** From the bottom up; a type stands for its colour. */
  readonly parts: readonly { readonly type: string | null; readonly value: number }[];
}

interface Props {
  readonly title: string;
  readonly columns: readonly ChartColumn[];
  readonly format: (value: number) => string;
  /** The same without a unit, where there is one beside it. */
  readonly bare: (value: number) => string;
  /** Said while nothing is pointed at. */
  readonly summary: string;
}

const TICKS = 6;

function wordsOf(column: ChartColumn | undefined, format: Props['format'], bare: Props['bare']): string {
  if (column === undefined) return '';
  const parts = column.parts.filter(({ type, value }) => type !== null && value > 0);
  const sum = format(column.parts.reduce((all, { value }) => all + value, 0));
  const details = parts.map(({ type, value }) => `${type} ${bare(value)}`).join(', ');
  return `${column.words}: ${sum}${parts.length > 1 ? ` (${details})` : parts.length === 1 ? `, all ${parts[0]?.type}` : ''}`;
}

export function Columns({ title, columns, format, bare, summary }: Props): JSX.Element {
  const [pointed, setPointed] = useState<number | null>(null);
  const sums = columns.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const highest = Math.max(1, ...sums);
  const every = Math.ceil(columns.length / TICKS);

  const onKeyDown = (event: KeyboardEvent): void => {
    const last = columns.length - 1;
    const at = pointed ?? -1;
    const next: Readonly<Record<string, number | null>> = {
      ArrowRight: Math.min(last, at + 1),
      ArrowLeft: Math.max(0, at - 1),
      Home: 0,
      End: last,
      Escape: null,
    };
    const wanted = next[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    setPointed(wanted);
  };

  return (
    <figure class="columns">
      <figcaption>{title}</figcaption>
      <div
        class="plot"
        tabIndex={0}
        role="group"
        aria-label={`${title}. Arrow keys walk through the columns.`}
        onKeyDown={onKeyDown}
        onBlur={() => setPointed(null)}
        onPointerLeave={() => setPointed(null)}
      >
        <span class="top-line" aria-hidden="true">
          {format(highest)}
        </span>
        {columns.map((column, i) => (
          <div
            key={column.words}
            class={`column${pointed === i ? ' is-pointed' : ''}`}
            aria-hidden="true"
            onPointerEnter={() => setPointed(i)}
          >
            <div class="stack" style={{ height: `${((sums[i] ?? 0) / highest) * 100}%` }}>
              {column.parts
                .filter(({ value }) => value > 0)
                .map(({ type, value }) => (
                  <i key={type} class={type === null ? '' : `of-${type}`} style={{ flexGrow: value }} />
                ))}
            </div>
            {i % every === 0 && <span class="tick">{column.tick}</span>}
          </div>
        ))}
      </div>
      <p class="said" aria-live="polite">
        {pointed === null ? summary : wordsOf(columns[pointed], format, bare)}
      </p>
    </figure>
  );
}
