import { useQuery, useStore } from "../app/context.ts";
import { Absent } from "../blocks/Absent.tsx";
import { ErrorCard } from "../blocks/ErrorCard.tsx";
import type { ChartSpec } from "../contract.ts";
import { columnIndex, columnNames, titleOf } from "../data/table.ts";
import { DataTable } from "./DataTable.tsx";

// `chart: table`.
export function TableCard({ spec, path }: { spec: ChartSpec; path: string }): React.ReactNode {
  const state = useQuery(spec.query);
  const store = useStore();
  const { table } = state;
  if (state.error) return <ErrorCard error={state.error} title={spec.title} retry={store.source.live ? () => store.retry() : undefined} />;
  const unknown = table ? spec.columns?.map((c) => (typeof c === "string" ? c : c.column)).find((name) => columnIndex(table, name) < 0) : undefined;
  if (table && unknown !== undefined) {
    return <ErrorCard title={spec.title} error={{ class: "UNKNOWN_COLUMN", message: `columns: there is no column ${unknown} in ${spec.query}. Columns: ${columnNames(table)}.` }} />;
  }
  const title = spec.title ?? titleOf(spec.query);
  return (
    <div className="card table-card" aria-busy={state.status === "waiting"}>
      {spec.title && (
        <p className="chart-title" id={`${path}-title`}>
          {spec.title}
        </p>
      )}
      {spec.subtitle && <p className="subtitle">{spec.subtitle}</p>}
      {state.status === "absent" && <Absent />}
      {table ? (
        <div className={state.status === "waiting" ? "stale" : undefined}>
          <DataTable table={table} name={spec.query} label={title} columns={spec.columns} pageSize={spec.rows ?? 10} search={spec.search} download={spec.download ?? true} />
        </div>
      ) : state.status === "waiting" ? (
        <div className="skeleton skeleton-table" />
      ) : null}
      {spec.caption && <p className="caption">{spec.caption}</p>}
    </div>
  );
}
