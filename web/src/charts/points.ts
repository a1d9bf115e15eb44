// The common ground of line, area and bar: one point for each row and y column, with its place, series and height.
import type { ChartSpec, Table } from "../contract.ts";
import { titleOf } from "../data/table.ts";
import {
  axisKind, channel, extent, label, none, numbersOf, periodEnd, periodOf, required, series, times, timeTitle,
  type AxisKind, type Period, type Series,
} from "./channels.ts";
import { ChartProblem, type AxisHover, type Channel, type Context, type HoverLine } from "./drawing.ts";

export interface Point {
  at: number | string;
  end: number; // time axes: where the period ends
  series: string;
  value: number;
  row: number; // of the table
}

export interface Points {
  x: Channel;
  y: Channel[];
  kind: AxisKind;
  period: Period;
  points: Point[]; // hidden series and rows without x or y left out
  series: Series | null; // null: only one, without a name
  seriesTitle: string;
  missing: number; // rows without x or y
  titleAt: (at: number | string) => string;
}

export function yNames(spec: ChartSpec): string[] {
  const names = (Array.isArray(spec.y) ? spec.y : [spec.y]).filter((name): name is string => typeof name === "string" && name !== "");
  if (names.length === 0) throw new ChartProblem(`A ${spec.chart} chart needs y: the name of a column.`);
  return names;
}

export function readPoints(spec: ChartSpec, table: Table, context: Context, asCategory = false): Points {
  const x = channel(table, required(spec, "x"), "x", { title: spec.x_title, format: spec.x_format });
  const y = yNames(spec).map((name) => channel(table, name, "y", { format: spec.y_format }));
  const colour = spec.color ? channel(table, spec.color, "color") : null;
  const given = axisKind(x);
  const kind = asCategory && given === "number" ? "category" : given;
  const at: (number | string | null)[] =
    given === "time" ? times(x) : given === "category" ? x.values.map((v) => label(v, x.format)) : asCategory ? numbersOf(x).map((v) => v ?? none) : numbersOf(x);
  const heights = y.map(numbersOf);
  // A colour equal to x or y only paints; it makes no series of its own.
  const seriesAt = (row: number, i: number): string => {
    const own = colour ? label(colour.values[row], colour.format) : "";
    return y.length === 1 ? own : own ? `${own} · ${y[i]!.title}` : y[i]!.title;
  };
  const points: Point[] = [];
  const weights = new Map<string, number>();
  let missing = 0;
  for (let row = 0; row < table.rows; row += 1) {
    const place = at[row] ?? null;
    for (let i = 0; i < y.length; i += 1) {
      const value = heights[i]![row] ?? null;
      if (place === null || value === null) {
        missing += 1;
        continue;
      }
      const name = seriesAt(row, i);
      weights.set(name, (weights.get(name) ?? 0) + Math.abs(value));
      if (!context.hidden.has(name)) points.push({ at: place, end: 0, series: name, value, row });
    }
  }
  const placed = points.map((p) => p.at).filter((p): p is number => typeof p === "number");
  const period = kind === "time" ? periodOf(placed) : "time";
  const titles = new Map<number | string, string>();
  const timed = timeTitle(x, period, spec.x_format);
  const titleAt = (place: number | string): string => {
    let text = titles.get(place);
    if (text === undefined) {
      text = typeof place === "string" ? place : kind === "time" ? timed(place) : x.format(place);
      titles.set(place, text);
    }
    return text;
  };
  if (kind === "time") {
    const step = smallestStep(placed);
    for (const point of points) point.end = periodEnd(point.at as number, period, step);
  }
  const several = colour !== null || y.length > 1;
  return {
    x, y, kind, period, points, missing, titleAt,
    series: several ? series(weights, context, spec.colors, y.length > 1 && !colour) : null,
    seriesTitle: colour ? titleOf(colour.column) : "",
  };
}

function smallestStep(values: number[]): number {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  let step = Infinity;
  for (let i = 1; i < sorted.length; i += 1) step = Math.min(step, sorted[i]! - sorted[i - 1]!);
  return Number.isFinite(step) ? step : 3_600_000;
}

export function yTitle(spec: ChartSpec, points: Points): string | null {
  if (spec.y_title !== undefined) return spec.y_title;
  return points.y.length === 1 ? points.y[0]!.title : null;
}

// Pointer and arrow keys go from place to place; each shows all series there, tallest first.
export function axisHover(points: Points, along: "x" | "y", order: readonly (number | string)[], extra?: (row: number) => string, total = false): AxisHover {
  const colours = new Map(points.series?.names.map((name, i) => [name, points.series!.colours[i]!]) ?? []);
  const format = points.y[0]!.format;
  const byPlace = new Map<number | string, Point[]>();
  for (const point of points.points) {
    const list = byPlace.get(point.at);
    if (list) list.push(point);
    else byPlace.set(point.at, [point]);
  }
  const stops = order.flatMap((at) => {
    const here = [...(byPlace.get(at) ?? [])].sort((a, b) => b.value - a.value);
    if (here.length === 0) return [];
    const lines: HoverLine[] = here.slice(0, 12).map((point) => ({
      name: point.series || points.y[0]!.title, value: format(point.value), colour: colours.get(point.series) ?? null, note: extra?.(point.row),
    }));
    if (here.length > 12) lines.push({ name: `and ${here.length - 12} more`, value: "", colour: null });
    if (total && here.length > 1) lines.push({ name: "Total", value: format(here.reduce((sum, p) => sum + p.value, 0)), colour: null });
    const end = points.kind === "time" && here[0]!.end > 0 ? here[0]!.end : undefined;
    return [{ at, end, title: points.titleAt(at), lines }];
  });
  return { along, stops };
}

export function colourScale(points: Points): object | null {
  if (!points.series) return null;
  return { field: "s", type: "nominal", legend: null, scale: { domain: points.series.names, range: points.series.colours } };
}

// One or two sentences that say what an eye would see first.
export function summarise(what: string, points: Points): string {
  const { points: list, x, y, series: s } = points;
  if (list.length === 0) return `${what}. No data.`;
  const yName = y.map((c) => c.title).join(", ");
  let low = list[0]!;
  let high = list[0]!;
  for (const point of list) {
    if (point.value < low.value) low = point;
    if (point.value > high.value) high = point;
  }
  const format = y[0]!.format;
  const where = (p: Point): string => `${points.titleAt(p.at)}${p.series ? `, ${p.series}` : ""}`;
  const groups = s ? ` for ${s.names.length === 1 ? s.names[0] : `${s.names.length} series (${s.names.slice(0, 6).join(", ")}${s.names.length > 6 ? ", …" : ""})`}` : "";
  let range = "";
  if (points.kind !== "category") {
    const ends = extent(list.map((p) => p.at as number));
    if (ends && ends[0] !== ends[1]) range = `, ${points.titleAt(ends[0])} to ${points.titleAt(ends[1])}`;
  }
  const extremes = high.value === low.value ? ` ${format(high.value)} throughout.` : ` Highest ${format(high.value)} (${where(high)}), lowest ${format(low.value)} (${where(low)}).`;
  return `${what}: ${yName} by ${x.title}${groups}${range}. ${list.length} ${list.length === 1 ? "value" : "values"}.${extremes}`;
}

export function notesOf(points: Points): string[] {
  return points.series?.note ? [points.series.note] : [];
}

