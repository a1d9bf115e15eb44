// A chart written in full Vega-Lite.
import { useLayoutEffect, useMemo, useSyncExternalStore } from "react";
import { useApp, useStore } from "../app/context.ts";
import { Absent } from "../blocks/Absent.tsx";
import { ErrorCard } from "../blocks/ErrorCard.tsx";
import { ChartProblem } from "../charts/drawing.ts";
import { fullRows, fullSpec } from "../charts/full.ts";
import type { TarnError } from "../contract.ts";
import type { QueryState } from "../data/store.ts";
import { DataDetails } from "../tables/DataDetails.tsx";
import { cut, Notes } from "./ChartCard.tsx";
import { Plot, type Plotted } from "./Plot.tsx";

interface Props {
  spec: object;
  queries: string[];
  title?: string;
  path: string;
}

const ignoreWidth = (): void => undefined;

export function VegaCard({ spec, queries, title, path }: Props): React.ReactNode {
  const states = useQueries(queries);
  const store = useStore();
  const { theme } = useApp();
  const made = useMemo(() => attempt(spec, queries, theme), [spec, queries, theme]);
  const failed = states.find((s) => s.error);
  const tables = states.map((s) => s.table);
  const complete = tables.every((t) => t !== null);
  const name = title ?? titleIn(spec) ?? "Chart";
  const plotted = useMemo<Plotted | null>(() => {
    if (!made.spec || !complete) return null;
    const drawn = made.spec;
    return {
      spec: drawn,
      data: () => new Map(queries.map((query, i) => [query, fullRows(tables[i]!, drawn)])),
      height: made.height ?? 300,
      canvas: tables.some((t) => t!.rows > 2000),
      hover: null,
      tipFor: null,
      steps: [],
      describedBy: `${path}-summary`,
      label: name,
      path,
    };
    // eslint: the tables themselves are the dependencies, their array is new each time
  }, [made, complete, name, path, ...tables]);
  const error = failed?.error ?? made.error;
  if (error) return <ErrorCard error={error} title={title} retry={failed && store.source.live ? () => store.retry() : undefined} />;
  const waiting = states.some((s) => s.status === "waiting");
  const absent = states.some((s) => s.status === "absent");
  const total = tables.reduce((sum, t) => sum + (t?.rows ?? 0), 0);
  return (
    <figure className="card chart" aria-labelledby={`${path}-title`} aria-busy={waiting}>
      <figcaption className="chart-head">
        <p className={title ? "chart-title" : "visually-hidden"} id={`${path}-title`}>
          {name}
        </p>
      </figcaption>
      {absent ? <Absent /> : complete && queries.length > 0 && total === 0 ? <p className="empty">No rows to show.</p> : <Plot plotted={plotted} height={made.height ?? 300} stale={waiting && complete} onWidth={ignoreWidth} />}
      <p className="visually-hidden" id={`${path}-summary`}>
        {complete ? `${name}. ${tables.map((t, i) => `${t!.rows} rows of ${queries[i]}`).join(", ")}.` : ""}
      </p>
      <Notes notes={tables.flatMap(cut)} />
      {tables.map((table, i) => table && <DataDetails key={queries[i]} table={table} name={queries[i]!} title={queries.length > 1 ? `${name}: ${queries[i]}` : name} />)}
    </figure>
  );
}

// The states of several queries; the same array until one of them changes.
function useQueries(queries: readonly string[]): QueryState[] {
  const store = useStore();
  useLayoutEffect(() => {
    const release = queries.map((query) => store.retain(query));
    return () => release.forEach((f) => f());
  }, [store, queries]);
  const read = useMemo(() => {
    let last: QueryState[] = [];
    return (): QueryState[] => {
      const next = queries.map((query) => store.state(query));
      if (next.length !== last.length || next.some((state, i) => state !== last[i])) last = next;
      return last;
    };
  }, [store, queries]);
  return useSyncExternalStore(store.subscribe, read);
}

function attempt(spec: object, queries: readonly string[], theme: "light" | "dark"): { spec: object | null; height: number | null; error: TarnError | null } {
  try {
    return { ...fullSpec(spec, queries, theme), error: null };
  } catch (error) {
    if (error instanceof ChartProblem) return { spec: null, height: null, error: error.error };
    return { spec: null, height: null, error: { class: "CHART_FAILED", message: String(error) } };
  }
}

function titleIn(spec: object): string | null {
  const title = (spec as { title?: unknown }).title;
  if (typeof title === "string") return title;
  const text = (title as { text?: unknown } | undefined)?.text;
  return typeof text === "string" ? text : null;
}
