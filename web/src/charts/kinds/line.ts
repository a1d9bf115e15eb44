// Lines over time, numbers or ordered categories; with a band (lower and upper bound) and a dashed trend.
import type { ChartSpec, Table } from "../../contract.ts";
import { channel, extent, numbersOf } from "../channels.ts";
import { frame, logTicks, numberAxis, timeAxis, xTitle } from "../config.ts";
import { missing } from "../../format/format.ts";
import type { AxisHover, Context, Drawing, Row } from "../drawing.ts";
import { axisHover, colourScale, notesOf, readPoints, summarise, yTitle, type Point, type Points } from "../points.ts";

const fewPlaces = 16; // up to here each point gets a dot

export function line(spec: ChartSpec, table: Table, context: Context): Drawing {
  const points = readPoints(spec, table, context);
  const band = spec.band ? spec.band.map((name) => channel(table, name, "band", { format: spec.y_format })) : null;
  const trend = spec.trend ? channel(table, spec.trend, "trend", { format: spec.y_format }) : null;
  const bounds = band?.map(numbersOf);
  const fitted = trend ? numbersOf(trend) : null;
  const order = placesOf(points);
  const few = order.length <= fewPlaces;
  const sorted = [...points.points].sort((a, b) => compare(a.at, b.at, order));
  const bySeries = new Map<string, Row[]>();
  const rows = sorted.map((point) => {
    const row: Row = { x: point.at, y: point.value, s: point.series, dot: few };
    if (bounds) [row["lo"], row["hi"]] = [bounds[0]![point.row] ?? null, bounds[1]![point.row] ?? null];
    if (fitted) row["t"] = fitted[point.row] ?? null;
    const list = bySeries.get(point.series);
    if (list) list.push(row);
    else bySeries.set(point.series, [row]);
    return row;
  });
  // A forecast has rows without a value: only bounds and trend.
  const ahead = band || trend ? withoutValue(points, table, spec, context) : [];
  rows.push(...ahead.map((p): Row => ({ x: p.at, y: null, s: p.series, dot: false, t: fitted?.[p.row] ?? null, lo: bounds?.[0]?.[p.row] ?? null, hi: bounds?.[1]?.[p.row] ?? null })));
  for (const list of bySeries.values()) if (list.length === 1) list[0]!["dot"] = true;

  const extra = (row: number): string =>
    [
      ...(fitted && fitted[row] !== null ? [`trend ${trend!.format(fitted[row])}`] : []),
      ...(bounds && bounds[0]![row] !== null ? [`${band![0]!.format(bounds[0]![row])} to ${band![1]!.format(bounds[1]![row])}`] : []),
    ].join(", ");
  const hover = axisHover(points, "x", order, band || trend ? extra : undefined);
  addAhead(hover, points, ahead, extra);
  const legend = points.series?.legend ?? [];
  return {
    spec: frame(context, spec.height ?? 300, { data: { name: "rows" }, layer: layers(spec, points, rows, context), encoding: { x: xEncoding(spec, points) } }),
    data: new Map([["rows", rows]]),
    height: spec.height ?? 300,
    legend: trend && legend.length > 0 ? [...legend, { name: "Trend", colour: "currentColor", dashed: true }] : legend,
    ramp: null,
    hover,
    tips: new Map(),
    notes: notesOf(points),
    summary: summarise("Line chart", points),
    empty: rows.length === 0,
  };
}

function withoutValue(points: Points, table: Table, spec: ChartSpec, context: Context): Point[] {
  const key = spec.trend ?? spec.band![1];
  const other = readPoints({ ...spec, y: key }, table, context);
  const y = new Set(points.points.map((p) => p.row));
  return other.points.filter((p) => !y.has(p.row));
}

// Places of a forecast can be pointed at, too.
function addAhead(hover: AxisHover, points: Points, ahead: Point[], extra: (row: number) => string): void {
  const colours = new Map(points.series?.names.map((name, i) => [name, points.series!.colours[i]!]) ?? []);
  const stops = new Map(hover.stops.map((stop) => [stop.at, stop]));
  for (const p of ahead) {
    const stop = stops.get(p.at) ?? { at: p.at, title: points.titleAt(p.at), lines: [] };
    stop.lines.push({ name: p.series || points.y[0]!.title, value: missing, colour: colours.get(p.series) ?? null, note: extra(p.row) });
    stops.set(p.at, stop);
  }
  hover.stops = [...stops.values()];
  if (points.kind !== "category") hover.stops.sort((a, b) => Number(a.at) - Number(b.at));
}

function layers(spec: ChartSpec, points: Points, rows: Row[], context: Context): object[] {
  const colour = colourScale(points);
  const paint = colour ? { color: colour } : {};
  const y = {
    type: "quantitative",
    axis: numberAxis(points.y[0]!, spec.y_format, { title: yTitle(spec, points), ...(spec.scale === "log" ? { values: logTicks(...positive(rows)) } : {}) }),
    scale: spec.scale === "log" ? { type: "log" } : { zero: startsAtZero(rows), nice: true },
  };
  const solid = context.width < 480 ? 2 : 2.25;
  const visible = spec.scale === "log" ? [{ filter: "datum.y > 0" }] : [];
  const list: object[] = [];
  if (spec.band) list.push({ transform: [{ filter: "isValid(datum.lo) && isValid(datum.hi)" }], mark: { type: "area", opacity: 0.16, line: false }, encoding: { y: { ...y, field: "lo" }, y2: { field: "hi" }, ...paint } });
  list.push({ transform: visible, mark: { type: "line", strokeWidth: solid, interpolate: "linear" }, encoding: { y: { ...y, field: "y" }, ...paint } });
  if (spec.trend) list.push({ transform: [{ filter: "isValid(datum.t)" }], mark: { type: "line", strokeWidth: 1.5, strokeDash: [5, 4], opacity: 0.9 }, encoding: { y: { ...y, field: "t" }, ...paint } });
  list.push({ transform: [...visible, { filter: "datum.dot" }], mark: { type: "point", filled: true, size: 36, opacity: 1 }, encoding: { y: { ...y, field: "y" }, ...paint } });
  return list;
}

function positive(rows: Row[]): [number, number] {
  const [low, high] = extent(rows.map((row) => (typeof row["y"] === "number" && row["y"] > 0 ? row["y"] : null))) ?? [1, 1];
  return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high))];
}

// Small changes high above zero would be flat; otherwise zero belongs into the picture.
function startsAtZero(rows: Row[]): boolean {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    for (const v of [row["y"], row["lo"], row["hi"], row["t"]]) {
      if (typeof v !== "number") continue;
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  return !(low > 0 && low > 0.6 * high);
}

export function xEncoding(spec: ChartSpec, points: Points): object {
  const title = xTitle(spec.x_title, points.x, points.kind);
  if (points.kind === "time") return { field: "x", type: "temporal", scale: { type: "utc" }, axis: timeAxis(title, spec.x_format) };
  if (points.kind === "number") {
    const scale = spec.x_scale === "log" ? { type: "log" } : { zero: false, nice: false };
    return { field: "x", type: "quantitative", scale, axis: numberAxis(points.x, spec.x_format, { title, grid: false }) };
  }
  return { field: "x", type: "ordinal", sort: null, axis: { title, labelAngle: 0 } };
}

export function placesOf(points: Points): (number | string)[] {
  const places = [...new Set(points.points.map((p) => p.at))];
  return points.kind === "category" ? places : (places as number[]).sort((a, b) => a - b);
}

function compare(a: number | string, b: number | string, order: (number | string)[]): number {
  return typeof a === "number" && typeof b === "number" ? a - b : order.indexOf(a) - order.indexOf(b);
}
