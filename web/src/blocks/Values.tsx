// Big numbers, from a query's first row.
import { useQuery, useStore } from "../app/context.ts";
import type { ChartSpec, Table, ValueItem } from "../contract.ts";
import { cell, columnIndex, columnNames, titleOf } from "../data/table.ts";
import { formatter, missing } from "../format/format.ts";
import { toNumber } from "../format/types.ts";
import { ErrorCard } from "./ErrorCard.tsx";
import { Absent } from "./Absent.tsx";

export function Values({ spec, path }: { spec: ChartSpec; path: string }): React.ReactNode {
  const state = useQuery(spec.query);
  const store = useStore();
  const items: ValueItem[] = spec.items?.length ? spec.items : [single(spec, state.table)];
  if (state.error) return <ErrorCard error={state.error} title={spec.title} retry={store.source.live ? () => store.retry() : undefined} />;
  const unknown = state.table ? items.flatMap((i) => [i.column, i.compare]).find((name) => name && columnIndex(state.table!, name) < 0) : undefined;
  if (unknown) return <ErrorCard title={spec.title} error={{ class: "UNKNOWN_COLUMN", message: `There is no column ${unknown} in ${spec.query}. Columns: ${columnNames(state.table!)}.` }} />;
  return (
    <div className="values" role="group" aria-labelledby={spec.title && spec.items ? `${path}-title` : undefined} aria-busy={state.status === "waiting"}>
      {spec.title && spec.items && <h3 id={`${path}-title`}>{spec.title}</h3>}
      <dl className={`value-row${state.status === "ready" ? "" : " stale"}`} data-count={items.length} style={{ "--most": perRow(items.length) } as React.CSSProperties}>
        {items.map((item, i) => (
          <Value key={i} item={item} table={state.table} />
        ))}
      </dl>
      {state.status === "absent" && <Absent />}
      {spec.caption && <p className="caption">{spec.caption}</p>}
    </div>
  );
}

// Rows of about the same length: seven are four and three, not five and two.
function perRow(count: number): number {
  const rows = Math.ceil(count / 5);
  return Math.ceil(count / rows);
}

function single(spec: ChartSpec, table: Table | null): ValueItem {
  const column = spec.column ?? spec.value ?? (typeof spec.y === "string" ? spec.y : undefined) ?? table?.columns[0]?.name ?? "";
  return { column, label: spec.title ?? spec.label, format: spec.format, description: spec.description ?? spec.subtitle, compare: spec.compare, compare_label: spec.compare_label, compare_format: spec.compare_format };
}

function Value({ item, table }: { item: ValueItem; table: Table | null }): React.ReactNode {
  const text = table ? textAt(table, item.column, item.format) : null;
  return (
    <div className="card value">
      <dt>{item.label ?? titleOf(item.column)}</dt>
      <dd className="value-number">{text ?? <span className="skeleton skeleton-number">loading</span>}</dd>
      {table && item.compare && <Compare item={item} table={table} />}
      {item.description && <dd className="value-description">{item.description}</dd>}
    </div>
  );
}

function Compare({ item, table }: { item: ValueItem; table: Table }): React.ReactNode {
  const raw = toNumber(cell(table, columnIndex(table, item.compare!), 0));
  const text = textAt(table, item.compare!, item.compare_format);
  const direction = raw === null || raw === 0 ? "same" : raw > 0 ? "more" : "less";
  return (
    <dd className="value-compare">
      <span className={`delta delta-${direction}`}>
        <span aria-hidden="true">{{ more: "▲", less: "▼", same: "●" }[direction]}</span> {raw !== null && raw > 0 && !text.startsWith("+") ? `+${text}` : text}
      </span>{" "}
      {item.compare_label}
    </dd>
  );
}

function textAt(table: Table, name: string, format: string | undefined): string {
  const index = columnIndex(table, name);
  const column = table.columns[index];
  if (!column || table.rows === 0) return missing;
  return formatter(format, column.type, column.name)(cell(table, index, 0));
}
