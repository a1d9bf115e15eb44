// A table to read, sort, search, page through and take along.
import { useId, useMemo, useState } from "react";
import { Icon } from "../app/Icon.tsx";
import { useApp, useStore, useValues } from "../app/context.ts";
import type { Format, Table, TableColumn } from "../contract.ts";
import { columnIndex, titleOf } from "../data/table.ts";
import { formatter, missing, type Formatter } from "../format/format.ts";
import { kindOf, toNumber } from "../format/types.ts";
import { csv, save } from "./csv.ts";
import { orderRows, type Sort } from "./order.ts";

interface Props {
  table: Table;
  name: string; // of the query: the file's name
  label: string;
  columns?: (string | TableColumn)[];
  pageSize?: number;
  search?: boolean;
  download?: boolean;
}

interface Column {
  index: number;
  label: string;
  format: Formatter;
  right: boolean;
  most: number | null; // the largest absolute value, for bars
}

const printed = 50; // rows on paper, at least

export function DataTable({ table, name, label, columns: wanted, pageSize = 10, search: withSearch, download = true }: Props): React.ReactNode {
  const { printing } = useApp();
  const columns = useMemo(() => columnsOf(table, wanted), [table, wanted]);
  const [sort, setSort] = useState<Sort | null>(null);
  const [search, setSearch] = useState("");
  const [page, setPage] = useState(0);
  const id = useId();
  const order = useMemo(() => orderRows(table, search, sort), [table, search, sort]);
  const size = printing ? Math.max(pageSize, printed) : Math.max(1, pageSize);
  const pages = Math.max(1, Math.ceil(order.length / size));
  const current = printing ? 0 : Math.min(page, pages - 1);
  const shown = order.slice(current * size, (current + 1) * size);
  const searchable = withSearch ?? table.rows > Math.max(pageSize, 20);
  const bySort = (column: number): void => {
    setPage(0);
    const numeric = kindOf(table.columns[column]!.type) === "number";
    setSort((old) => (old?.column !== column ? { column, down: numeric } : old.down === numeric ? { column, down: !numeric } : null));
  };
  return (
    <div className="data-table">
      {(searchable || download) && (
        <div className="table-tools">
          {searchable && (
            <label className="search">
              <Icon name="search" />
              <span className="visually-hidden">Search in {label}</span>
              <input type="search" value={search} placeholder="Search" onChange={(e) => (setSearch(e.target.value), setPage(0))} />
            </label>
          )}
          {download && <Downloads table={table} name={name} order={sort || search ? order : null} />}
        </div>
      )}
      <div className="scroll" tabIndex={0} role="group" aria-label={label}>
        <table>
          <caption className="visually-hidden">{label}</caption>
          <thead>
            <tr>
              {columns.map((column) => {
                const state = sort?.column === column.index ? (sort.down ? "descending" : "ascending") : undefined;
                return (
                  <th key={column.index} scope="col" className={column.right ? "right" : undefined} aria-sort={state}>
                    <button type="button" onClick={() => bySort(column.index)}>
                      <span>{column.label}</span>
                      <span className="sort-mark" data-state={state} aria-hidden="true" />
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row}>
                {columns.map((column) => (
                  <Cell key={column.index} column={column} value={table.data[column.index]?.[row] ?? null} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === 0 && <p className="empty">{table.rows === 0 ? "No rows to show." : "No row matches the search."}</p>}
      <div className="pager" id={id}>
        <p className="muted" aria-live="polite">
          {countText(order.length, table, current * size, shown.length)}
        </p>
        {pages > 1 && !printing && (
          <div className="pager-buttons">
            <button type="button" className="icon" disabled={current === 0} onClick={() => setPage(current - 1)} aria-label={`Previous rows of ${label}`}>
              <Icon name="left" />
            </button>
            <button type="button" className="icon" disabled={current >= pages - 1} onClick={() => setPage(current + 1)} aria-label={`Next rows of ${label}`}>
              <Icon name="right" />
            </button>
          </div>
        )}
      </div>
    </div>
  );
}

function countText(matching: number, table: Table, from: number, count: number): string {
  const n = (value: number): string => value.toLocaleString("en-US");
  const whole = table.truncated !== undefined && table.truncated > table.rows ? ` (the first ${n(table.rows)} of ${n(table.truncated)})` : "";
  if (matching === 0) return "0 rows";
  const of = matching < table.rows ? `${n(matching)} of ${n(table.rows)} rows` : `${n(table.rows)} ${table.rows === 1 ? "row" : "rows"}`;
  return (count < matching ? `${n(from + 1)}–${n(from + count)} of ${of}` : of) + whole;
}

function Cell({ column, value }: { column: Column; value: unknown }): React.ReactNode {
  const text = column.format(value);
  const className = [column.right ? "right" : "", value === null ? "missing" : "", column.most !== null ? "with-bar" : ""].filter(Boolean).join(" ") || undefined;
  if (column.most === null || value === null) return <td className={className}>{text === "" ? missing : text.length > 60 ? <span className="long">{text}</span> : text}</td>;
  const number = toNumber(value) ?? 0;
  const share = column.most > 0 ? Math.min(1, Math.abs(number) / column.most) : 0;
  return (
    <td className={className}>
      <span className={number < 0 ? "cell-bar negative" : "cell-bar"} style={{ "--share": `${(share * 100).toFixed(1)}%` } as React.CSSProperties} aria-hidden="true" />
      <span className="cell-bar-text">{text}</span>
    </td>
  );
}

function columnsOf(table: Table, wanted: (string | TableColumn)[] | undefined): Column[] {
  const list = wanted?.length ? wanted : table.columns.map((c) => c.name);
  return list.flatMap((entry, i) => {
    const given: TableColumn = typeof entry === "string" ? { column: entry } : entry;
    const index = wanted?.length ? columnIndex(table, given.column) : i;
    const column = table.columns[index];
    if (!column) return [];
    const numeric = kindOf(column.type) === "number";
    return [{
      index,
      label: given.label ?? titleOf(column.name),
      format: formatter(given.format as Format | undefined, column.type, column.name),
      right: given.align ? given.align === "right" : numeric,
      most: given.bar ? (table.data[index] ?? []).reduce<number>((most, v) => Math.max(most, Math.abs(toNumber(v) ?? 0)), 0) : null,
    }];
  });
}

function Downloads({ table, name, order }: { table: Table; name: string; order: number[] | null }): React.ReactNode {
  const store = useStore();
  const values = useValues();
  const xlsx = store.source.download(store.dashboard, name, "xlsx", values);
  // What was cut for the screen is whole on the server.
  const whole = table.truncated !== undefined ? store.source.download(store.dashboard, name, "csv", values) : null;
  return (
    <div className="downloads">
      {whole ? (
        <a className="button" href={whole} download={`${name}.csv`}>
          <Icon name="download" />
          CSV
        </a>
      ) : (
        <button type="button" className="button" onClick={() => save(`${name}.csv`, csv(table, order))} aria-label={`Download ${name} as CSV`}>
          <Icon name="download" />
          CSV
        </button>
      )}
      {xlsx && (
        <a className="button" href={xlsx} download={`${name}.xlsx`} aria-label={`Download ${name} as XLSX`}>
          <Icon name="download" />
          XLSX
        </a>
      )}
    </div>
  );
}
