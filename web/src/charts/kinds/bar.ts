// Bars: single, grouped (stack: false), stacked, to 100 %; upright or lying. Text categories are sorted by size unless
// the chart says otherwise; numbers, times and `sort: none` keep their own order.
import type { ChartSpec, Table } from "../../contract.ts";
import { columnIndex, columnNames } from "../../data/table.ts";
import { toNumber } from "../../format/types.ts";
import { axisKind, extent, none } from "../channels.ts";
import { frame, logTicks, numberAxis, timeAxis, xTitle } from "../config.ts";
import { ChartProblem, type Context, type Drawing, type Row } from "../drawing.ts";
import { axisHover, colourScale, notesOf, readPoints, summarise, yTitle, type Point, type Points } from "../points.ts";

export function bar(spec: ChartSpec, table: Table, context: Context): Drawing {
  const points = readPoints(spec, table, context, true);
  // A colour that only repeats x paints the bars; there is nothing to stack or group.
  const repeats = spec.color !== undefined && spec.color === spec.x;
  const stack = !points.series ? null : spec.stack === "normalize" ? "normalize" : (spec.stack ?? !Array.isArray(spec.y)) || repeats ? "zero" : "group";
  const lying = spec.horizontal === true;
  const added = addUp(points);
  const all = placesInOrder(spec, table, points);
  const order = spec.limit && spec.limit > 0 ? all.slice(0, spec.limit) : all;
  const places = new Map(order.map((place, i) => [place, i]));
  points.points = points.points.filter((p) => places.has(p.at)).sort((a, b) => places.get(a.at)! - places.get(b.at)!);
  const timed = points.kind === "time" && stack !== "group" && !lying;
  const labels = spec.label ? table.data[indexOf(table, spec.label)] : null;
  const single = points.series === null || repeats;
  const written = labels !== null || (lying && single && order.length <= 25 && spec.scale !== "log");
  const rank = new Map(points.series?.names.map((name, i) => [name, i]) ?? []);
  if (timed) points.points.sort((a, b) => places.get(a.at)! - places.get(b.at)! || (rank.get(a.series) ?? 0) - (rank.get(b.series) ?? 0));
  const ends = timed ? piled(points.points, stack) : null;
  const rows: Row[] = points.points.map((p, i) => ({
    x: timed ? p.at : points.titleAt(p.at),
    ...(ends ? { x2: p.end, y0: ends[i]![0], y: ends[i]![1] } : { y: p.value }),
    s: p.series, o: rank.get(p.series) ?? 0,
    ...(written ? { text: labels ? String(labels[p.row] ?? "") : points.y[0]!.format(p.value) } : {}),
  }));
  const height = spec.height ?? (lying ? Math.max(120, order.length * (stack === "group" ? 34 : 28) + 50) : 300);
  const kindOfBars = stack === "normalize" ? "Bar chart of shares" : stack === "zero" && !repeats ? "Stacked bar chart" : stack === "group" ? "Grouped bar chart" : "Bar chart";
  const notes = notesOf(points);
  if (added) notes.push(`Rows with the same ${points.x.title.toLowerCase()} are added up.`);
  if (order.length < all.length) notes.push(`The first ${order.length} of ${all.length}.`);
  return {
    spec: frame(context, height, { data: { name: "rows" }, ...body(spec, points, context, { stack, lying, timed, written, places: order }) }),
    data: new Map([["rows", rows]]),
    height,
    legend: repeats ? [] : (points.series?.legend ?? []),
    ramp: null,
    hover: axisHover(points, lying ? "y" : "x", order, undefined, stack === "zero" && !repeats),
    tips: new Map(),
    notes,
    summary: summarise(kindOfBars, points),
    empty: rows.length === 0,
  };
}

// Vega-Lite doesn't stack bars that reach from the start to the end of a period, so we do: from and to for each point,
// upwards for positive and downwards for negative values. `points` ordered by place.
function piled(points: readonly Point[], stack: Shape["stack"]): [number, number][] {
  const totals = new Map<number | string, number>();
  if (stack === "normalize") for (const p of points) totals.set(p.at, (totals.get(p.at) ?? 0) + Math.abs(p.value));
  const tops = new Map<number | string, { up: number; down: number }>();
  return points.map((p) => {
    if (stack === null) return [0, p.value];
    const value = stack === "normalize" ? p.value / (totals.get(p.at) || 1) : p.value;
    const top = tops.get(p.at) ?? { up: 0, down: 0 };
    tops.set(p.at, top);
    const side = value < 0 ? "down" : "up";
    const from = top[side];
    top[side] += value;
    return [from, top[side]];
  });
}

// One bar for each place and series: further rows would lie behind it. True when there were any.
function addUp(points: Points): boolean {
  const first = new Map<string, Point>();
  for (const p of points.points) {
    const key = JSON.stringify([p.at, p.series]);
    const same = first.get(key);
    if (same) same.value += p.value;
    else first.set(key, p);
  }
  const added = first.size < points.points.length;
  points.points = [...first.values()];
  return added;
}

interface Shape {
  stack: "zero" | "normalize" | "group" | null;
  lying: boolean;
  timed: boolean;
  written: boolean;
  places: (number | string)[];
}

function body(spec: ChartSpec, points: Points, context: Context, shape: Shape): object {
  const { stack, lying, timed, written } = shape;
  // Numbers without a unit beside them ("1", "2", …) need their name; text doesn't.
  const title = lying ? (spec.x_title ?? null) : xTitle(spec.x_title, points.x, axisKind(points.x));
  const percent = stack === "normalize";
  const y0 = points.y[0]!;
  const log = spec.scale === "log" && !percent;
  const sizes = extent(points.points.map((p) => (p.value > 0 ? p.value : null))) ?? [1, 1];
  // Where each bar's value is written, an axis says it twice.
  const yAxis = lying && written ? null : numberAxis(y0, percent ? "percent" : spec.y_format, { title: percent ? (spec.y_title ?? null) : yTitle(spec, points), ...(log ? { values: logTicks(10 ** Math.floor(Math.log10(sizes[0])), sizes[1]) } : {}) });
  const size = {
    field: "y", type: "quantitative", stack: timed || stack === "group" ? null : stack,
    axis: lying && yAxis ? { ...yAxis, grid: true, titleAnchor: "end" } : yAxis,
    scale: log ? { type: "log" } : { zero: true, nice: !percent },
  };
  const place = timed
    ? { field: "x", type: "temporal", scale: { type: "utc", nice: false }, axis: timeAxis(title, spec.x_format) }
    : { field: "x", type: "ordinal", sort: null, axis: lying ? lyingAxis(title, context) : uprightAxis(title, shape, points, context), scale: { paddingInner: stack === "group" ? 0.2 : 0.18, paddingOuter: 0.1 } };
  const colour = colourScale(points);
  const corner = stack === null || stack === "group" ? { cornerRadiusEnd: 2 } : {};
  const gap = timed && shape.places.length < context.width / 8 ? { xOffset: 0.75, x2Offset: -0.75 } : {};
  const encoding = {
    [lying ? "y" : "x"]: place,
    ...(timed ? { x2: { field: "x2" }, y2: { field: "y0" } } : {}),
    [lying ? "x" : "y"]: size,
    ...(colour ? { color: colour, order: { field: "o", type: "quantitative" } } : {}),
    ...(stack === "group" ? { [lying ? "yOffset" : "xOffset"]: { field: "s", type: "nominal", sort: points.series!.names, scale: { paddingInner: 0.08 } } } : {}),
  };
  const mark = { type: "bar", ...corner, ...gap };
  if (!written) return { mark, encoding };
  const text = lying
    ? { type: "text", align: "left", baseline: "middle", dx: 5 }
    : { type: "text", align: "center", baseline: "bottom", dy: -4 };
  const { color: _, ...plain } = encoding as { color?: object };
  return { layer: [{ mark, encoding }, { mark: { ...text, fontSize: 11.5 }, encoding: { ...plain, text: { field: "text" } } }] };
}

function lyingAxis(title: string | null, context: Context): object {
  return { title, labelLimit: Math.max(90, Math.min(240, context.width * 0.34)), grid: false, labelPadding: 8, domain: false, labelOverlap: false };
}

// Labels that don't fit beside each other slant.
function uprightAxis(title: string | null, shape: Shape, points: Points, context: Context): object {
  const room = (context.width - 60) / Math.max(1, shape.places.length);
  const longest = Math.max(0, ...shape.places.map((p) => points.titleAt(p).length));
  const ordered = points.kind !== "category" || shape.places.every((p) => Number.isFinite(Number(p)));
  const slant = !ordered && longest * 6.6 + 8 > room && shape.places.length > 1;
  return { title, ...(slant ? { labelAngle: -40, labelAlign: "right", labelBaseline: "middle", labelLimit: 120 } : { labelAngle: 0 }), labelOverlap: slant ? room < 13 : true };
}

function indexOf(table: Table, name: string): number {
  const index = columnIndex(table, name);
  if (index < 0) throw new ChartProblem(`There is no column ${name}. Columns: ${columnNames(table)}.`, { class: "UNKNOWN_COLUMN" });
  return index;
}

export function placesInOrder(spec: ChartSpec, table: Table, points: Points): (number | string)[] {
  const totals = new Map<number | string, number>();
  const firstRow = new Map<number | string, number>();
  for (const p of points.points) {
    totals.set(p.at, (totals.get(p.at) ?? 0) + p.value);
    if (!firstRow.has(p.at)) firstRow.set(p.at, p.row);
  }
  const places = [...totals.keys()];
  const numeric = points.kind === "time" || places.every((p) => p === none || Number.isFinite(Number(p)));
  const sort = spec.sort ?? (numeric ? "x" : "-y");
  const down = sort.startsWith("-") ? -1 : 1;
  const byText = (a: number | string, b: number | string): number => (numeric ? Number(a) - Number(b) || 0 : String(a).localeCompare(String(b), "en", { numeric: true }));
  if (sort === "none") return places;
  if (sort === "x" || sort === "-x") return places.sort((a, b) => down * byText(a, b));
  if (sort === "y" || sort === "-y") return places.sort((a, b) => down * (totals.get(a)! - totals.get(b)!));
  const values = table.data[indexOf(table, sort.replace(/^-/, ""))] ?? [];
  return places.sort((a, b) => down * compareCells(values[firstRow.get(a)!], values[firstRow.get(b)!]));
}

function compareCells(a: unknown, b: unknown): number {
  const x = toNumber(a);
  const y = toNumber(b);
  return x !== null && y !== null ? x - y : String(a ?? "").localeCompare(String(b ?? ""), "en", { numeric: true });
}

