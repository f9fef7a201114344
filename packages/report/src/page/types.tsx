/**
 * Sums by type and encoding, and by database.
 *
 * @module
 */
import type { ComponentChildren, JSX } from 'preact';
import type { DataSums, ReportData } from '../report-data.ts';
import { count, countOf, share, size } from './format.ts';
import { Meter, Section, TypeName } from './parts.tsx';

interface SumRow {
  readonly id: string;
  readonly title: ComponentChildren;
  readonly sums: DataSums;
  readonly kind: 'type' | 'encoding' | 'all';
  readonly type?: string;
}

export function TypeSection({ data }: { readonly data: ReportData }): JSX.Element {
  const rows = data.types.flatMap((type): SumRow[] => {
    const name = type.type;
    const [only] = type.encodings;
    const isOne = type.encodings.length === 1 && only !== undefined;
    const encodings = isOne ? [] : type.encodings;
    return [
      {
        id: name,
        title: (
          <TypeName type={name}>
            {isOne && only.encoding !== name ? <span class="soft">{only.encoding}</span> : null}
          </TypeName>
        ),
        sums: type,
        kind: 'type',
        type: name,
      },
      ...encodings.map(
        (encoding): SumRow => ({
          id: `${name} ${encoding.encoding}`,
          title: encoding.encoding,
          sums: encoding,
          kind: 'encoding',
          type: name,
        }),
      ),
    ];
  });
  const guessed = data.types.reduce((sum, type) => sum + type.guessed, 0);
  return (
    <Section
      id="types"
      title="Types"
      note={
        <>
          <p>Encodings are those that the keys have in the memory of {data.model?.name ?? 'the server'}.</p>
          {guessed > 0 && (
            <p>{countOf(guessed, 'key')} counted by the size of the data alone (modules and the like).</p>
          )}
        </>
      }
    >
      <SumTable
        label="Keys by type and encoding"
        first="Type"
        rows={rows.length > 1 ? [...rows, { id: 'all', title: 'All', sums: data.total, kind: 'all' }] : rows}
        total={data.total}
      />
    </Section>
  );
}

export function DatabaseSection({ data }: { readonly data: ReportData }): JSX.Element {
  const rows = data.databases.map(
    ({ db, ...sums }): SumRow => ({ id: String(db), title: `db ${db}`, sums, kind: 'type' }),
  );
  if (data.otherDatabases !== null)
    rows.push({ id: 'others', title: 'others', sums: data.otherDatabases, kind: 'type' });
  return (
    <Section id="databases" title="Databases">
      <SumTable label="Keys by database" first="Database" rows={rows} total={data.total} />
    </Section>
  );
}

interface SumTableProps {
  readonly label: string;
  readonly first: string;
  readonly rows: readonly SumRow[];
  readonly total: DataSums;
}

function SumTable({ label, first, rows, total }: SumTableProps): JSX.Element {
  const cells = ({ sums }: SumRow): readonly (readonly [title: string, text: string])[] => [
    ['Keys', count(sums.keys)],
    ['Elements', sums.elements === sums.keys ? '' : count(sums.elements)],
    ['In the dump', size(sums.bytes)],
    ['Memory', size(sums.memory)],
    ['A key', size(sums.memory / Math.max(1, sums.keys))],
    ['Expire', share(sums.expires, sums.keys)],
  ];
  return (
    <table role="table" aria-label={label} class="sums">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col" class="word">
            {first}
          </th>
          {['Keys', 'Elements', 'In the dump', 'Memory', 'A key', 'Expire', 'Share of memory'].map((title) => (
            <th key={title} role="columnheader" scope="col" class="figure">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={row.id} role="row" class={`is-${row.kind}`}>
            <th role="rowheader" scope="row" class="of-name">
              {row.title}
            </th>
            {cells(row).map(([title, text]) => (
              <td key={title} role="cell" class={`figure${title === 'Memory' ? ' is-main' : ''}`} data-title={title}>
                {text}
              </td>
            ))}
            <td role="cell" class="figure of-share" data-title="Share">
              {row.kind !== 'all' && (
                <>
                  <Meter
                    part={row.sums.memory}
                    whole={total.memory}
                    {...(row.type === undefined ? {} : { type: row.type })}
                  />
                  <span class="number">{share(row.sums.memory, total.memory)}</span>
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
