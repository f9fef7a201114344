/**
 * What keys cost by the beginnings of their names.
 *
 * @module
 */
import type { JSX } from 'preact';
import { useCallback, useMemo, useState } from 'preact/hooks';
import type { ReportData } from '../report-data.ts';
import { count, countOf, share, size } from './format.ts';
import { Meter, Name, Section, Switch } from './parts.tsx';
import { nameOf, type Prefix, wayTo } from './prefix.ts';
import { ExpiryScale, Treemap } from './treemap.tsx';

type Measure = 'memory' | 'bytes' | 'keys';

const MEASURES: readonly (readonly [Measure, string])[] = [
  ['memory', 'Memory'],
  ['bytes', 'In the dump'],
  ['keys', 'Keys'],
];

interface Props {
  readonly data: ReportData;
  readonly of: Prefix;
  readonly onMove: (prefix: Prefix) => void;
}

const LISTED = 200;

export function PrefixSection({ data, of, onMove }: Props): JSX.Element {
  const [measure, setMeasure] = useState<Measure>('memory');
  const [pointed, setPointed] = useState<Prefix | null>(null);
  const measureOf = useCallback((prefix: Prefix) => prefix[measure], [measure]);
  const parts = useMemo(
    () => [...of.parts].sort((a, b) => Number(a.isRest) - Number(b.isRest) || b[measure] - a[measure]),
    [of, measure],
  );
  const total = data.total[measure];
  const most = Math.max(...parts.map((prefix) => prefix[measure]));
  const figure = (prefix: Prefix): string => (measure === 'keys' ? count(prefix.keys) : size(prefix[measure]));
  const describe = (prefix: Prefix): string =>
    `${prefix.isRest ? `other keys of ${nameOf(prefix)}` : nameOf(prefix)} ${figure(prefix)}, ${share(prefix[measure], total)}, ${countOf(prefix.keys, 'key')}, ${share(prefix.expires, prefix.keys)} expire`;
  const move = (prefix: Prefix): void => {
    setPointed(null);
    onMove(prefix);
  };
  const back = (): void => {
    if (of.above !== null) move(of.above);
  };
  const shown = pointed ?? of;

  return (
    <Section id="prefixes" title="Prefixes" note={<Note data={data} />}>
      {data.prefixes === null || data.prefixes[5].length === 0 ? (
        <p class="nothing">
          {data.prefixes === null
            ? 'Names were not taken apart.'
            : `No prefix that ends in ${data.separator} has a thousandth of the memory.`}
        </p>
      ) : (
        <>
          <div class="tools">
            <nav aria-label="Prefix shown" class="way">
              {wayTo(of).map((prefix) =>
                prefix === of ? (
                  <strong key={prefix.id} aria-current="true">
                    {prefix.above === null ? 'All keys' : <Name text={prefix.part} />}
                  </strong>
                ) : (
                  <button key={prefix.id} type="button" class="link" onClick={() => move(prefix)}>
                    {prefix.above === null ? 'All keys' : <Name text={prefix.part} />}
                  </button>
                ),
              )}
            </nav>
            <Switch label="Areas show" value={measure} options={MEASURES} onChange={setMeasure} />
          </div>
          <div class="map-and-list">
            <Treemap
              of={of}
              measureOf={measureOf}
              describe={describe}
              figure={figure}
              pointed={pointed}
              onPoint={setPointed}
              onZoom={move}
              onBack={back}
            />
            <ol class="prefix-list" aria-label="Prefixes in the map" tabIndex={0}>
              {parts.slice(0, LISTED).map((prefix) => (
                <li
                  key={prefix.id}
                  class={pointed?.id === prefix.id ? 'is-pointed' : ''}
                  onPointerEnter={() => setPointed(prefix)}
                  onPointerLeave={() => setPointed(null)}
                >
                  {prefix.below.length > 0 ? (
                    <button type="button" class="link" onClick={() => move(prefix)}>
                      <Name text={prefix.part} />
                    </button>
                  ) : prefix.isRest ? (
                    <em>{prefix.part}</em>
                  ) : (
                    <Name text={prefix.part} />
                  )}
                  <span>{figure(prefix)}</span>
                  <span>{share(prefix[measure], total)}</span>
                  <Meter part={prefix[measure]} whole={most} />
                </li>
              ))}
            </ol>
          </div>
          <div class="readout">
            <p>
              {shown.above === null ? (
                'All keys'
              ) : (
                <>
                  {shown.isRest && 'Other keys of '}
                  <Name text={nameOf(shown) || 'the dump'} />
                </>
              )}
              <b>{countOf(shown.keys, 'key')}</b>
              <span>
                {size(shown.memory)} in memory ({share(shown.memory, data.total.memory)})
              </span>
              <span>{size(shown.bytes)} in the dump</span>
              <span>{share(shown.expires, shown.keys)} expire</span>
            </p>
            <ExpiryScale of={of} />
          </div>
        </>
      )}
    </Section>
  );
}

function Note({ data: { separator, prefixError } }: { readonly data: ReportData }): JSX.Element {
  return (
    <>
      <p>
        Names up to each <Name text={separator} />. Colour tells how many of the keys expire. Prefixes with less than a
        thousandth of the memory are among the other keys.
      </p>
      <p>Click to zoom, or with the keyboard: arrows, Enter, Esc.</p>
      {prefixError !== null && (
        <p>
          There were more prefixes than are counted at a time: those shown may have {size(prefixError.memory)} more, any
          other has {size(prefixError.missing)} at most.
        </p>
      )}
    </>
  );
}
