// A chart in its card: title, legend, plot, notes, and its data as a table.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useApp, useQuery, useStore } from "../app/context.ts";
import { afterReady } from "../app/ready.ts";
import { Absent } from "../blocks/Absent.tsx";
import { ErrorCard } from "../blocks/ErrorCard.tsx";
import { compile } from "../charts/compile.ts";
import { ChartProblem, type Drawing, type Row } from "../charts/drawing.ts";
import type { ChartSpec, Table, TarnError } from "../contract.ts";
import { titleOf } from "../data/table.ts";
import { DataDetails } from "../tables/DataDetails.tsx";
import type { ChartsApi } from "../vega/api.ts";
import { chartsApi } from "./charts.ts";
import { Legend, RampLegend } from "./Legend.tsx";
import { Plot, type Plotted } from "./Plot.tsx";

const step = 60; // px: decisions by width are made anew only in steps, so that resizing doesn't recompile
const denseRows = 2000;
const mostSteps = 500; // by arrow keys; all rows are in the table below

export function ChartCard({ spec, path }: { spec: ChartSpec; path: string }): React.ReactNode {
  const state = useQuery(spec.query);
  const store = useStore();
  const { theme } = useApp();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [bucket, setBucket] = useState(0);
  const slots = useRef(new Map<string, number>());
  const onWidth = useCallback((width: number) => {
    if (width > 0) setBucket(Math.max(1, Math.round(width / step)) * step);
  }, []);

  const made = useMemo(
    () => (state.table && bucket > 0 ? attempt(() => compile(spec, state.table!, { theme, width: bucket, hidden, slots: slots.current })) : null),
    [spec, state.table, theme, bucket, hidden],
  );
  const drawing = made?.drawing ?? null;
  const title = spec.title ?? autoTitle(spec);
  const plotted = useMemo<Plotted | null>(
    () => (drawing && !drawing.empty ? plottedOf(drawing, spec, title, path) : null),
    [drawing, spec, title, path],
  );
  const missing = useUnmapped(spec, drawing);
  const error = state.error ?? made?.error ?? null;
  if (error) return <ErrorCard error={error} title={spec.title} retry={state.error && store.source.live ? () => store.retry() : undefined} />;

  const height = drawing?.height ?? spec.height ?? 300;
  const toggle = (name: string): void => setHidden((old) => (old.has(name) ? new Set([...old].filter((n) => n !== name)) : new Set(old).add(name)));
  const legend = drawing && spec.legend !== false ? drawing.legend : [];
  return (
    <figure className={`card chart chart-${spec.chart}`} aria-labelledby={`${path}-title`} aria-busy={state.status === "waiting"}>
      <figcaption className="chart-head">
        <p className={`chart-title${spec.title ? "" : " chart-title-auto"}`} id={`${path}-title`}>
          {title}
        </p>
        {spec.subtitle && <p className="subtitle">{spec.subtitle}</p>}
      </figcaption>
      {legend.length > 0 && <Legend items={legend} hidden={hidden} toggle={toggle} />}
      {drawing?.ramp && spec.legend !== false && <RampLegend ramp={drawing.ramp} />}
      {state.status === "absent" ? <Absent /> : null}
      {drawing?.empty && hidden.size === 0 ? (
        <p className="empty" style={{ minHeight: Math.min(height, 160) }}>
          No rows to show.
        </p>
      ) : state.status === "absent" ? null : (
        <Plot plotted={plotted} height={height} stale={state.status === "waiting" && state.table !== null} onWidth={onWidth} />
      )}
      <p className="visually-hidden" id={`${path}-summary`}>
        {drawing?.summary ?? ""}
      </p>
      <Notes notes={[...(drawing?.notes ?? []), ...(missing ? [missing] : []), ...cut(state.table)]} caption={spec.caption} />
      {state.table && <DataDetails table={state.table} name={spec.query} title={title} />}
    </figure>
  );
}

export function Notes({ notes, caption }: { notes: string[]; caption?: string }): React.ReactNode {
  return (
    <>
      {caption && <p className="caption">{caption}</p>}
      {notes.length > 0 && <p className="caption muted">{notes.join(" ")}</p>}
    </>
  );
}

export function cut(table: Table | null): string[] {
  return table?.truncated !== undefined && table.truncated > table.rows ? [`The first ${table.rows.toLocaleString("en-US")} of ${table.truncated.toLocaleString("en-US")} rows.`] : [];
}

function attempt(make: () => Drawing): { drawing: Drawing | null; error: TarnError | null } {
  try {
    return { drawing: make(), error: null };
  } catch (error) {
    if (error instanceof ChartProblem) return { drawing: null, error: error.error };
    return { drawing: null, error: { class: "CHART_FAILED", message: error instanceof Error ? error.message : String(error) } };
  }
}

function plottedOf(drawing: Drawing, spec: ChartSpec, title: string, path: string): Plotted {
  return {
    spec: drawing.spec,
    data: () => new Map([...drawing.data].map(([name, rows]) => [name, rows.map((row) => ({ ...row }))])),
    height: drawing.height,
    canvas: spec.chart === "scatter" && (drawing.data.get("rows")?.length ?? 0) > denseRows,
    hover: drawing.hover,
    tipFor: (datum) => drawing.tips.get((datum as Row)["tip"] as number) ?? null,
    path,
    steps: drawing.hover ? [] : [...drawing.tips.values()].slice(0, mostSteps),
    describedBy: `${path}-summary`,
    label: title,
  };
}

function autoTitle(spec: ChartSpec): string {
  const y = [spec.value ?? spec.y ?? spec.x ?? []].flat().map(titleOf).join(", ");
  const by = spec.country ?? (spec.chart === "histogram" ? undefined : spec.x) ?? spec.color;
  return y && by && by !== y ? `${y} by ${titleOf(by).toLowerCase()}` : y || titleOf(spec.query);
}

// Which countries the map can't show. Only charts.js knows.
function useUnmapped(spec: ChartSpec, drawing: Drawing | null): string | null {
  const [api, setApi] = useState<ChartsApi | null>(window.__tarnCharts ?? null);
  const wanted = spec.chart === "map" && api === null;
  useEffect(() => {
    if (wanted) afterReady(() => chartsApi().then(setApi, () => undefined));
  }, [wanted]);
  if (spec.chart !== "map" || !drawing || !api) return null;
  const rows = drawing.data.get("rows") ?? [];
  const codes = new Set(api.unmapped(rows.map((row) => String(row["country"]))));
  const names = rows.filter((row) => codes.has(String(row["country"]))).map((row) => drawing.tips.get(row["tip"] as number)!.title);
  return names.length === 0 ? null : `Without a shape on this map: ${names.slice(0, 8).join(", ")}${names.length > 8 ? `, and ${names.length - 8} more` : ""}.`;
}
