/**
 * The largest keys, and the longest elements in them.
 *
 * @module
 */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { DataElement, DataKey, ReportData } from '../report-data.ts';
import { count, countOf, duration, size } from './format.ts';
import { Meter, Name, Section, TypeName } from './parts.tsx';
import { SortTable, type TableColumn } from './sort-table.tsx';

interface Props {
  readonly data: ReportData;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly type: string;
  readonly onType: (type: string) => void;
}

export function KeySection({ data, query, onQuery, type, onType }: Props): JSX.Element {
  const columns = useMemo(() => keyColumns(data), [data]);
  const wanted = query.trim().toLowerCase();
  const rows = useMemo(
    () => data.keys.filter((key) => (type === '' || key.type === type) && key.key.toLowerCase().includes(wanted)),
    [data, wanted, type],
  );
  const types = [...new Set(data.keys.map((key) => key.type))];
  return (
    <Section
      id="keys"
      title="Largest keys"
      note={
        <p>
          The keys with the most memory, the most bytes in the dump and the most elements: {count(data.keys.length)}{' '}
          together.
        </p>
      }
    >
      <div class="tools">
        <input
          type="search"
          value={query}
          placeholder="Find in names"
          aria-label="Find in names of keys"
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => onQuery(event.currentTarget.value)}
        />
        <select aria-label="Type of keys" value={type} onChange={(event) => onType(event.currentTarget.value)}>
          <option value="">all types</option>
          {types.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <p class="found" aria-live="polite">
          {rows.length === data.keys.length ? '' : `${countOf(rows.length, 'key')} found`}
        </p>
      </div>
      <SortTable
        label="Largest keys"
        columns={columns}
        rows={rows}
        sortedBy="memory"
        nothing="None of these keys has that in its name."
      />
    </Section>
  );
}

function keyColumns({ keys, databases, expiry, model }: ReportData): TableColumn<DataKey>[] {
  const most = keys.reduce((memory, key) => Math.max(memory, key.memory), 1);
  const left = ({ expireAtMs }: DataKey): string => {
    if (expireAtMs === null) return 'never';
    return expireAtMs < expiry.atMs ? 'over' : duration(expireAtMs - expiry.atMs);
  };
  return [
    { id: 'key', title: 'Key', isName: true, value: ({ key }) => key, cell: ({ key }) => <Name text={key} /> },
    {
      id: 'type',
      title: 'Type',
      value: ({ type, encoding }) => `${type} ${encoding}`,
      cell: ({ type, encoding }) => (
        <TypeName type={type}>{encoding !== type && <span class="soft">{encoding}</span>}</TypeName>
      ),
    },
    ...(databases.length > 1 ? [DB_COLUMN] : []),
    {
      id: 'elements',
      title: 'Elements',
      isFigure: true,
      value: ({ elements }) => elements,
      cell: ({ type, elements }) => (type === 'string' ? '' : count(elements)),
    },
    {
      id: 'bytes',
      title: 'In the dump',
      isFigure: true,
      value: ({ bytes }) => bytes,
      cell: ({ bytes }) => size(bytes),
    },
    {
      id: 'memory',
      title: model !== null && model.isKnown ? 'Memory' : 'Data',
      isFigure: true,
      value: ({ memory }) => memory,
      cell: ({ memory, type }) => (
        <>
          <Meter part={memory} whole={most} type={type} />
          <span class="number">{size(memory)}</span>
        </>
      ),
    },
    {
      id: 'expires',
      title: 'Time left',
      isFigure: true,
      value: ({ expireAtMs }) => expireAtMs,
      cell: (key) => <span class={key.expireAtMs === null ? 'soft' : ''}>{left(key)}</span>,
    },
  ];
}

const DB_COLUMN: TableColumn<{ readonly db: number }> = {
  id: 'db',
  title: 'DB',
  isFigure: true,
  value: ({ db }) => db,
  cell: ({ db }) => db,
};

export function ElementSection({ data }: { readonly data: ReportData }): JSX.Element {
  const columns = useMemo(() => elementColumns(data), [data]);
  return (
    <Section
      id="elements"
      title="Longest elements"
      note={<p>Fields, members and entries inside of keys, and plain strings, above 1 KiB.</p>}
    >
      <SortTable label="Longest elements" columns={columns} rows={data.elements} sortedBy="length" shown={10} />
    </Section>
  );
}

function elementColumns({ databases }: ReportData): TableColumn<DataElement>[] {
  return [
    { id: 'key', title: 'Key', isName: true, value: ({ key }) => key, cell: ({ key }) => <Name text={key} /> },
    {
      id: 'name',
      title: 'Field or member',
      isName: true,
      value: ({ name }) => name,
      cell: ({ name }) => (name === null ? '' : <Name text={name} />),
    },
    { id: 'type', title: 'Type', value: ({ type }) => type, cell: ({ type }) => <TypeName type={type} /> },
    ...(databases.length > 1 ? [DB_COLUMN] : []),
    { id: 'length', title: 'Length', isFigure: true, value: ({ bytes }) => bytes, cell: ({ bytes }) => size(bytes) },
  ];
}
