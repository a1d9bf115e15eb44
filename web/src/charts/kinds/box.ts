// Box plots: median, quartiles, whiskers to the last value within 1.5 times the box, and what lies outside.
import type { ChartSpec, Table } from "../../contract.ts";
import { channel, label, numbersOf, required } from "../channels.ts";
import { frame, numberAxis } from "../config.ts";
import type { Context, Drawing, Row } from "../drawing.ts";
import { categorical, ink } from "../palette.ts";

const mostOutliers = 400; // drawn for each box; the ends are always among them

export interface Five {
  low: number;
  q1: number;
  median: number;
  q3: number;
  high: number;
  outside: number[];
}

// `sorted` ascending, not empty. Quartiles as SQL's percentile and numpy's default: linear between neighbours.
export function five(sorted: readonly number[]): Five {
  const at = (p: number): number => {
    const place = (sorted.length - 1) * p;
    const below = Math.floor(place);
    const next = sorted[Math.min(below + 1, sorted.length - 1)]!;
    return sorted[below]! + (next - sorted[below]!) * (place - below);
  };
  const [q1, median, q3] = [at(0.25), at(0.5), at(0.75)];
  const reach = 1.5 * (q3 - q1);
  const inside = sorted.filter((v) => v >= q1 - reach && v <= q3 + reach);
  return { low: inside[0] ?? q1, q1, median, q3, high: inside[inside.length - 1] ?? q3, outside: sorted.filter((v) => v < q1 - reach || v > q3 + reach) };
}

export function box(spec: ChartSpec, table: Table, context: Context): Drawing {
  const y = channel(table, required(spec, "y"), "y", { title: spec.y_title, format: spec.y_format });
  const x = spec.x ? channel(table, spec.x, "x", { title: spec.x_title, format: spec.x_format }) : null;
  const log = spec.scale === "log";
  const groups = new Map<string, number[]>();
  numbersOf(y).forEach((value, row) => {
    if (value === null || (log && value <= 0)) return;
    const name = x ? label(x.values[row], x.format) : y.title;
    const list = groups.get(name);
    if (list) list.push(value);
    else groups.set(name, [value]);
  });
  const boxes = [...groups].map(([name, values]) => ({ name, n: values.length, ...five(values.sort((a, b) => a - b)) }));
  const sort = spec.sort ?? "none";
  if (sort.endsWith("y")) boxes.sort((a, b) => (sort === "y" ? 1 : -1) * (a.median - b.median));
  else if (sort.endsWith("x")) boxes.sort((a, b) => (sort === "x" ? 1 : -1) * a.name.localeCompare(b.name, "en", { numeric: true }));
  const tips: Drawing["tips"] = new Map();
  const rows: Row[] = boxes.map((b, i) => {
    const lines = ([["Highest", b.high], ["Upper quartile", b.q3], ["Median", b.median], ["Lower quartile", b.q1], ["Lowest", b.low]] as const).map(([name, v]) => ({ name, value: y.format(v), colour: null }));
    tips.set(i, { title: b.name, lines: [...lines, { name: "Values", value: String(b.n), colour: null }] });
    return { x: b.name, low: b.low, q1: b.q1, median: b.median, q3: b.q3, high: b.high, tip: i };
  });
  const outliers: Row[] = boxes.flatMap((b) => thin(b.outside).map((value) => ({ x: b.name, value })));
  const lying = spec.horizontal === true;
  const [main, cross] = lying ? ["x", "y"] : ["y", "x"];
  const scale = log ? { type: "log" } : { zero: false, nice: true };
  const size = (field: string): object => ({ [main!]: { field, type: "quantitative", scale, axis: numberAxis(y, spec.y_format) } });
  const span = (from: string, to: string): object => ({ ...size(from), [`${main}2`]: { field: to } });
  const place = { field: "x", type: "ordinal", sort: null, axis: { title: lying ? null : (x?.title ?? null), labelAngle: 0, grid: false } };
  const colour = categorical[context.theme][0]!;
  const height = spec.height ?? (lying ? Math.max(140, boxes.length * 44 + 50) : 320);
  return {
    spec: frame(context, height, {
      data: { name: "rows" },
      encoding: { [cross!]: place },
      layer: [
        { mark: { type: "rule", color: ink[context.theme].muted }, encoding: span("low", "high") },
        { mark: { type: "bar", size: { expr: `max(6, min(48, ${lying ? "height" : "width"} / ${Math.max(1, boxes.length)} * 0.5))` }, color: colour, fillOpacity: 0.3, stroke: colour, strokeWidth: 1.5, cornerRadius: 2 }, encoding: span("q1", "q3") },
        { mark: { type: "tick", size: { expr: `max(6, min(48, ${lying ? "height" : "width"} / ${Math.max(1, boxes.length)} * 0.5))` }, thickness: 2.5, color: colour }, encoding: size("median") },
        { data: { name: "outliers" }, mark: { type: "point", filled: true, size: 14, opacity: 0.55, color: colour }, encoding: size("value") },
      ],
    }),
    data: new Map([["rows", rows], ["outliers", outliers]]),
    height,
    legend: [],
    ramp: null,
    hover: null,
    tips,
    notes: [],
    summary: rows.length === 0 ? "Box plot. No data." : `Box plot of ${y.title}${x ? ` by ${x.title}` : ""}. ${boxes.slice(0, 12).map((b) => `${b.name}: median ${y.format(b.median)}, half between ${y.format(b.q1)} and ${y.format(b.q3)}`).join("; ")}.`,
    empty: rows.length === 0,
  };
}

function thin(values: number[]): number[] {
  if (values.length <= mostOutliers) return values;
  const step = (values.length - 1) / (mostOutliers - 1);
  return Array.from({ length: mostOutliers }, (_, i) => values[Math.round(i * step)]!);
}
