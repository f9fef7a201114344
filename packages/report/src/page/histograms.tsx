/**
 * How long keys live, how large they are, and how they are used.
 *
 * @module
 */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DataBar, DataType, ReportData } from '../report-data.ts';
import { type ChartColumn, Columns } from './columns.tsx';
import { count, countOf, moment, powerOfTwo, share, shortCount, size, span } from './format.ts';
import { Meter, Section, Switch } from './parts.tsx';

// ---- expiry ----------------------------------------------------------------------------------------------------------

export function ExpirySection({ data }: { readonly data: ReportData }): JSX.Element {
  const { expiry, total } = data;
  const never: DataBar = {
    from: null,
    to: null,
    keys: total.keys - total.expires,
    memory: total.memory - expiry.bars.reduce((sum, { memory }) => sum + memory, 0),
  };
  const rows = [
    ...expiry.bars.map((bar) => ({ title: lifeOf(bar), bar, kind: bar.to === 0 ? 'is-over' : '' })),
    { title: 'never', bar: never, kind: 'is-never' },
  ];
  const { isCreation, atMs, overByNow, hashFields } = expiry;
  return (
    <Section
      id="expiry"
      title="Expiry"
      note={
        <>
          <p>
            {isCreation
              ? `Time left when the dump was made, ${moment(atMs)}.`
              : `Time left at ${moment(atMs)}: the dump does not tell when it was made.`}
          </p>
          {isCreation && overByNow > 0 && <p>{countOf(overByNow, 'key')} would be over by the time of this report.</p>}
          {hashFields > 0 && <p>{countOf(hashFields, 'hash field')} expire by themselves.</p>}
        </>
      }
    >
      <BarTable label="Keys by time left" first="Time left" rows={rows} total={total.keys} />
    </Section>
  );
}

function lifeOf({ from, to }: DataBar): string {
  if (to === 0) return 'over';
  return to === null ? `${span(from ?? 0)} and more` : `less than ${span(to)}`;
}

// ---- use -------------------------------------------------------------------------------------------------------------

export function UseSection({ data }: { readonly data: ReportData }): JSX.Element {
  const { idle, frequency, total } = data;
  const idleOf = ({ from, to }: DataBar): string =>
    to === null ? `${span((from ?? 0) * 1000)} and more` : `less than ${span(to * 1000)}`;
  const frequencyOf = ({ from, to }: DataBar): string =>
    to === 1 ? '0' : to === null ? `${from} to 255` : `${from} to ${to - 1}`;
  return (
    <Section
      id="use"
      title="Use"
      note={<p>As the server noted it for eviction: idle times with LRU, counters with LFU.</p>}
    >
      {idle !== null && (
        <BarTable
          label="Keys by time since the last use"
          first="Not used for"
          rows={idle.map((bar) => ({ title: idleOf(bar), bar, kind: '' }))}
          total={total.keys}
        />
      )}
      {frequency !== null && (
        <BarTable
          label="Keys by access counter"
          first="Access counter"
          rows={frequency.map((bar) => ({ title: frequencyOf(bar), bar, kind: '' }))}
          total={total.keys}
        />
      )}
    </Section>
  );
}

interface BarTableProps {
  readonly label: string;
  readonly first: string;
  readonly rows: readonly { readonly title: string; readonly bar: DataBar; readonly kind: string }[];
  readonly total: number;
}

function BarTable({ label, first, rows, total }: BarTableProps): JSX.Element {
  const most = Math.max(1, ...rows.map(({ bar }) => bar.keys));
  return (
    <table class="bars" aria-label={label}>
      <thead>
        <tr>
          <th scope="col">{first}</th>
          <th scope="col">
            <span class="unseen">Bar</span>
          </th>
          <th scope="col">Keys</th>
          <th scope="col">Share</th>
          <th scope="col">Memory</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ title, bar, kind }) => (
          <tr key={title} class={`${kind}${bar.keys === 0 ? ' is-none' : ''}`}>
            <th scope="row">{title}</th>
            <td>
              <Meter part={bar.keys} whole={most} />
            </td>
            <td>{bar.keys === 0 ? '–' : count(bar.keys)}</td>
            <td>{bar.keys === 0 ? '' : share(bar.keys, total)}</td>
            <td>{bar.keys === 0 ? '' : size(bar.memory)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// ---- sizes -----------------------------------------------------------------------------------------------------------

type Measure = 'keys' | 'memory';

export function SizeSection({ data }: { readonly data: ReportData }): JSX.Element {
  const [measure, setMeasure] = useState<Measure>('keys');
  const sizes = stack(data.types, ({ sizes: bars }) => bars, measure, powerOfTwo, '');
  const lengths = stack(data.types, ({ lengths: bars }) => bars, measure, shortCount, ' elements');
  const bare = measure === 'keys' ? count : size;
  const format = measure === 'keys' ? (value: number) => countOf(value, 'key') : size;
  const half = halfBelow(data.types.map(({ sizes: bars }) => bars));
  return (
    <Section
      id="sizes"
      title="Sizes"
      note={<p>Each column is twice as wide as the one before it: 64 to 127 bytes, 128 to 255, and so on.</p>}
    >
      <div class="tools">
        <p class="legend">
          {data.types.map(({ type }) => (
            <span key={type} class={`type of-${type}`}>
              <i aria-hidden="true" />
              {type}
            </span>
          ))}
        </p>
        <Switch
          label="Columns show"
          value={measure}
          options={[
            ['keys', 'Keys'],
            ['memory', 'Memory'],
          ]}
          onChange={setMeasure}
        />
      </div>
      <div class="charts">
        <Columns
          title="Memory of a key"
          columns={sizes}
          format={format}
          bare={bare}
          summary={half === null ? '' : `half of the keys take less than ${powerOfTwo(half)}`}
        />
        {lengths.length > 0 && (
          <Columns
            title="Elements of a collection"
            columns={lengths}
            format={format}
            bare={bare}
            summary="lists, sets, sorted sets, hashes, streams"
          />
        )}
      </div>
    </Section>
  );
}

/** The columns from the first to the last that is not empty. */
function stack(
  types: readonly DataType[],
  barsOf: (type: DataType) => readonly DataBar[] | null,
  measure: Measure,
  border: (value: number) => string,
  unit: string,
): ChartColumn[] {
  const length = Math.max(0, ...types.map((type) => barsOf(type)?.length ?? 0));
  const columns = Array.from({ length }, (_, i): ChartColumn => {
    const from = i === 0 ? 0 : 2 ** (i - 1);
    return {
      tick: border(from),
      words: `${border(from)} to ${border(2 ** i)}${unit}`,
      parts: types.map((type) => ({ type: type.type, value: barsOf(type)?.[i]?.[measure] ?? 0 })),
    };
  });
  const first = columns.findIndex(({ parts }) => parts.some(({ value }) => value > 0));
  return first < 0 ? [] : columns.slice(first);
}

/** The upper border of the column with the median. */
function halfBelow(lists: readonly (readonly DataBar[])[]): number | null {
  const length = Math.max(0, ...lists.map((bars) => bars.length));
  const sums = Array.from({ length }, (_, i) => lists.reduce((sum, bars) => sum + (bars[i]?.keys ?? 0), 0));
  const all = sums.reduce((sum, keys) => sum + keys, 0);
  let below = 0;
  for (const [i, keys] of sums.entries()) {
    below += keys;
    if (below * 2 >= all && all > 0) return 2 ** i;
  }
  return null;
}
