/**
 * A table that can be sorted by each of its columns. Where there is little room, every row becomes a block of labelled figures.
 *
 * @module
 */
import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { count } from './format.ts';

/** A column. */
export interface TableColumn<R> {
  readonly id: string;
  readonly title: string;
  /** What rows are sorted by; `null` comes last either way. */
  readonly value: (row: R) => number | string | null;
  readonly cell: (row: R) => ComponentChildren;
  /** Figures stand at the right and are sorted from the greatest on. */
  readonly isFigure?: boolean;
  /** The column with the name takes what room there is. */
  readonly isName?: boolean;
}

interface Props<R> {
  readonly label: string;
  readonly columns: readonly TableColumn<R>[];
  readonly rows: readonly R[];
  /** The column that rows are sorted by at first. */
  readonly sortedBy: string;
  /** Rows shown at first. */
  readonly shown?: number;
  readonly nothing?: string;
}

interface Order {
  readonly column: string;
  readonly isAscending: boolean;
}

const SHOWN = 25;

export function SortTable<R>({ label, columns, rows, sortedBy, shown = SHOWN, nothing }: Props<R>): JSX.Element {
  const first = columns.find(({ id }) => id === sortedBy);
  const [order, setOrder] = useState<Order>({ column: sortedBy, isAscending: first?.isFigure !== true });
  const [limit, setLimit] = useState(shown);
  const sorted = useMemo(() => sort(rows, columns, order), [rows, columns, order]);

  const sortBy = (column: TableColumn<R>): void =>
    setOrder({
      column: column.id,
      isAscending: order.column === column.id ? !order.isAscending : column.isFigure !== true,
    });
  return (
    <>
      {/* The roles are spelt out: a table that is laid out as blocks is none to some browsers. */}
      <table role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.id}
                role="columnheader"
                scope="col"
                class={kindOf(column)}
                aria-sort={sortState(column.id, order)}
              >
                <button type="button" onClick={() => sortBy(column)}>
                  {column.title}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {sorted.slice(0, limit).map((row, i) => (
            <tr key={i} role="row">
              {columns.map((column) => (
                <td
                  key={column.id}
                  role="cell"
                  class={`${kindOf(column)}${column.id === sortedBy ? ' is-main' : ''}`}
                  data-title={column.title}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && nothing !== undefined && <p class="nothing">{nothing}</p>}
      {rows.length > limit && (
        <p class="more">
          <button type="button" onClick={() => setLimit(limit + 4 * shown)}>
            Show {count(Math.min(4 * shown, rows.length - limit))} more
          </button>
          <span>
            {count(limit)} of {count(rows.length)}
          </span>
        </p>
      )}
    </>
  );
}

function kindOf<R>({ isFigure, isName }: TableColumn<R>): string {
  return isFigure === true ? 'figure' : isName === true ? 'of-name' : 'word';
}

function sortState(id: string, { column, isAscending }: Order): 'ascending' | 'descending' | 'none' {
  if (id !== column) return 'none';
  return isAscending ? 'ascending' : 'descending';
}

function sort<R>(rows: readonly R[], columns: readonly TableColumn<R>[], { column, isAscending }: Order): R[] {
  const value = columns.find(({ id }) => id === column)?.value;
  if (value === undefined) return [...rows];
  const direction = isAscending ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === right) return 0;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -direction : direction;
  });
}
