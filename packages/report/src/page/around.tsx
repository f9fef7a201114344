/**
 * What is in a dump beside plain keys: consumer groups, slots, functions, modules. And what the figures rest on.
 *
 * @module
 */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { DataGroup, ReportData } from '../report-data.ts';
import { Columns } from './columns.tsx';
import { count, countOf, duration, moment, share, size } from './format.ts';
import { Name, Section } from './parts.tsx';
import { SortTable, type TableColumn } from './sort-table.tsx';

export function GroupSection({ data }: { readonly data: ReportData }): JSX.Element {
  const { streams, expiry } = data;
  const columns = useMemo((): TableColumn<DataGroup>[] => {
    const age = ({ oldestDeliveryMs }: DataGroup): number | null =>
      oldestDeliveryMs === null ? null : Math.max(0, expiry.atMs - oldestDeliveryMs);
    return [
      { id: 'key', title: 'Stream', isName: true, value: ({ key }) => key, cell: ({ key }) => <Name text={key} /> },
      {
        id: 'group',
        title: 'Group',
        isName: true,
        value: ({ group }) => group,
        cell: ({ group }) => <Name text={group} />,
      },
      figureColumn('consumers', 'Consumers', ({ consumers }) => consumers, count),
      figureColumn('pending', 'Pending', ({ pending }) => pending, count),
      figureColumn('lag', 'Lag', ({ lag }) => lag, count),
      figureColumn('oldest', 'Oldest pending', age, duration),
    ];
  }, [expiry]);
  return (
    <Section
      id="groups"
      title="Consumer groups"
      note={
        <p>
          {countOf(streams.groups, 'group')} with {countOf(streams.consumers, 'consumer')} and{' '}
          {countOf(streams.pending, 'pending entr')
            .replace(/entrs$/, 'entries')
            .replace(/entr$/, 'entry')}
          . Lag: entries not given to the group yet.
        </p>
      }
    >
      <SortTable label="Consumer groups" columns={columns} rows={streams.largestGroups} sortedBy="pending" shown={10} />
    </Section>
  );
}

function figureColumn<R>(
  id: string,
  title: string,
  value: (row: R) => number | null,
  format: (value: number) => string,
): TableColumn<R> {
  const text = (row: R): string => {
    const figure = value(row);
    return figure === null ? '–' : format(figure);
  };
  return { id, title, isFigure: true, value, cell: text };
}

interface Props<T> {
  readonly data: ReportData;
  readonly of: T;
}

export function SlotSection({ data, of: slots }: Props<NonNullable<ReportData['slots']>>): JSX.Element {
  const columns = useMemo(
    (): TableColumn<(typeof slots.heaviest)[number]>[] => [
      { id: 'slot', title: 'Slot', isName: true, value: ({ slot }) => slot, cell: ({ slot }) => slot },
      figureColumn('keys', 'Keys', ({ keys }) => keys, count),
      figureColumn('memory', 'Memory', ({ memory }) => memory, size),
      figureColumn(
        'share',
        'Share',
        ({ memory }) => memory,
        (memory) => share(memory, data.total.memory),
      ),
    ],
    [data],
  );
  return (
    <Section
      id="slots"
      title="Hash slots"
      note={
        <p>
          {count(slots.used)} of 16,384 slots have keys; the heaviest has {slots.skew.toFixed(1)} times the average.
        </p>
      }
    >
      <div class="charts">
        <Columns
          title="Memory in each sixteenth of the slots"
          columns={slots.ranges.map(({ first, last, memory }) => ({
            tick: String(first),
            words: `slots ${first} to ${last}`,
            parts: [{ type: null, value: memory }],
          }))}
          format={size}
          bare={size}
          summary="slots 0 to 16383"
        />
        <div>
          <SortTable label="Heaviest slots" columns={columns} rows={slots.heaviest} sortedBy="memory" shown={6} />
        </div>
      </div>
    </Section>
  );
}

export function CodeSection({ data }: { readonly data: ReportData }): JSX.Element {
  const { functions, functionCount, modules } = data;

  const functionColumns = useMemo(
    (): TableColumn<(typeof functions)[number]>[] => [
      {
        id: 'name',
        title: 'Library',
        isName: true,
        value: ({ name }) => name,
        cell: ({ name }) => <Name text={name} />,
      },
      { id: 'engine', title: 'Engine', value: ({ engine }) => engine, cell: ({ engine }) => engine },
      figureColumn('bytes', 'Code', ({ bytes }) => bytes, size),
    ],
    [],
  );
  const moduleColumns = useMemo(
    (): TableColumn<(typeof modules)[number]>[] => [
      {
        id: 'name',
        title: 'Module type',
        isName: true,
        value: ({ name }) => name,
        cell: ({ name }) => <Name text={name} />,
      },
      figureColumn('keys', 'Keys', ({ keys }) => keys, count),
      figureColumn('bytes', 'In the dump', ({ bytes }) => bytes, size),
      figureColumn('aux', 'Outside of keys', ({ auxBytes }) => auxBytes, size),
    ],
    [],
  );
  const title = functions.length === 0 ? 'Modules' : modules.length === 0 ? 'Functions' : 'Functions and modules';
  return (
    <Section
      id="code"
      title={title}
      note={
        <>
          <p>What the server that loads this dump has to know.</p>
          {functionCount > functions.length && (
            <p>
              The first {count(functions.length)} of {count(functionCount)} libraries are listed.
            </p>
          )}
        </>
      }
    >
      <div class="charts">
        {functions.length > 0 && (
          <div>
            <SortTable
              label="Function libraries"
              columns={functionColumns}
              rows={functions}
              sortedBy="bytes"
              shown={10}
            />
          </div>
        )}
        {modules.length > 0 && (
          <div>
            <SortTable label="Modules" columns={moduleColumns} rows={modules} sortedBy="bytes" shown={10} />
          </div>
        )}
      </div>
    </Section>
  );
}

export function AboutSection({ data }: { readonly data: ReportData }): JSX.Element {
  const { model, streams, functions, modules, slots, idle, frequency, tables, emptyKeys } = data;
  const absent = [
    streams.groups === 0 ? 'consumer groups' : null,
    functions.length === 0 ? 'functions' : null,
    modules.length === 0 ? 'modules' : null,
    idle === null && frequency === null ? 'idle times or access counters' : null,
  ].filter((name) => name !== null);
  return (
    <Section id="about" title="These figures">
      <div class="prose">
        {model !== null && model.isKnown && (
          <p>
            Memory is estimated for {model.name} (
            {model.isOwn ? 'the server that wrote the dump' : 'a server of your choice'}) with the allocator{' '}
            {model.allocator}: what each key takes, and {size(tables)} for the hash tables of the databases.
          </p>
        )}
        {model !== null && !model.isKnown && (
          <p>
            How {model.name} keeps keys in memory is not known: where memory is asked for, the size of the data is
            shown.
          </p>
        )}
        {model !== null && model.isKnown && data.assumptions.length > 0 && (
          <>
            <p>What a dump cannot tell is taken for granted:</p>
            <ul>
              {data.assumptions.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          </>
        )}
        {emptyKeys > 0 && <p>{countOf(emptyKeys, 'key')} without elements not counted: servers skip them.</p>}
        {absent.length > 0 && <p>Not in this dump: {absent.join(', ')}.</p>}
        {slots === null && <p>Hash slots were not counted (--slots does).</p>}
        <p>
          Made by {data.generator} at {moment(data.generatedAtMs)}. The file needs no network and loads nothing.
        </p>
      </div>
    </Section>
  );
}
