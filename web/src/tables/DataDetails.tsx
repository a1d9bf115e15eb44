import { useState } from "react";
import { useStore } from "../app/context.ts";
import type { Table } from "../contract.ts";
import { DataTable } from "./DataTable.tsx";

// Below each chart: its data as a table, and the query they come from.
export function DataDetails({ table, name, title }: { table: Table; name: string; title: string }): React.ReactNode {
  const [open, setOpen] = useState(false);
  const store = useStore();
  const sql = Object.hasOwn(store.dashboard.queries, name) ? store.dashboard.queries[name]!.sql : "";
  return (
    <details className="chart-data" onToggle={(event) => event.currentTarget === event.target && setOpen(event.currentTarget.open)}>
      <summary>
        Show data<span className="visually-hidden"> of {title}</span>
      </summary>
      {open && (
        <>
          <DataTable table={table} name={name} label={`Data of ${title}`} />
          {sql && (
            <details className="sql">
              <summary>
                Query<span className="visually-hidden"> of {title}</span>
              </summary>
              <pre tabIndex={0}>
                <code>{sql}</code>
              </pre>
              <p className="muted small">
                {[table.versions && `Tables: ${table.versions}`, `${table.milliseconds.toLocaleString("en-US", { maximumFractionDigits: 1 })} ms`].filter(Boolean).join(" · ")}
              </p>
            </details>
          )}
        </>
      )}
    </details>
  );
}
