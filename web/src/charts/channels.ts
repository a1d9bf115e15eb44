// From columns to what a chart draws: kinds of axes, periods of time, series and their colours.
import type { ChartSpec, Format, Table } from "../contract.ts";
import { columnIndex, columnNames, titleOf } from "../data/table.ts";
import { formatter } from "../format/format.ts";
import { kindOf, toNumber, toTime } from "../format/types.ts";
import { ChartProblem, type Channel, type Context, type LegendItem } from "./drawing.ts";
import { categorical, mostColours, rest } from "./palette.ts";

export const none = "(none)";

export function channel(table: Table, name: string, key: string, options: { title?: string; format?: Format } = {}): Channel {
  const index = columnIndex(table, name);
  if (index < 0) throw new ChartProblem(`${key}: there is no column ${name}. Columns: ${columnNames(table)}.`, { class: "UNKNOWN_COLUMN" });
  const column = table.columns[index]!;
  return {
    column: column.name,
    type: column.type,
    title: options.title ?? titleOf(column.name),
    values: table.data[index] ?? [],
    format: formatter(options.format, column.type, column.name),
  };
}

export function required(spec: ChartSpec, key: "x" | "y" | "value" | "country" | "color" | "bin_end"): string {
  const value = spec[key];
  const name = Array.isArray(value) ? value[0] : value;
  if (typeof name !== "string" || name === "") throw new ChartProblem(`A ${spec.chart} chart needs ${key}: the name of a column.`);
  return name;
}

export type AxisKind = "time" | "number" | "category";

// Text that is a date or a month in every cell counts as time.
export function axisKind(c: Channel): AxisKind {
  const kind = kindOf(c.type);
  if (kind === "date" || kind === "timestamp") return "time";
  if (kind === "number") return "number";
  if (kind !== "text") return "category";
  const some = c.values.some((v) => v !== null);
  return some && c.values.every((v) => v === null || (typeof v === "string" && /^\d{4}-\d{2}(-\d{2})?$/.test(v))) ? "time" : "category";
}

export function label(value: unknown, format?: (value: unknown) => string): string {
  if (value === null || value === undefined || value === "") return none;
  const text = format ? format(value) : typeof value === "object" ? JSON.stringify(value) : String(value);
  return text === "__proto__" ? "__proto__\u2060" : text; // Vega keys plain objects by categories; an unseen mark keeps this one harmless
}

export type Period = "year" | "month" | "week" | "day" | "time";

// The coarsest period whose starts all times are: monthly totals are dated the first of the month.
export function periodOf(times: readonly number[]): Period {
  const day = 86_400_000;
  if (times.length === 0) return "day";
  if (times.some((t) => t % day !== 0)) return "time";
  const dates = times.map((t) => new Date(t));
  if (dates.every((d) => d.getUTCDate() === 1)) return times.length > 1 && dates.every((d) => d.getUTCMonth() === 0) ? "year" : "month";
  if (times.length > 2 && times.every((t) => (t - times[0]!) % (7 * day) === 0)) return "week";
  return "day";
}

export function periodEnd(time: number, period: Period, step: number): number {
  const d = new Date(time);
  switch (period) {
    case "year":
      return Date.UTC(d.getUTCFullYear() + 1, 0, 1);
    case "month":
      return Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 1);
    case "week":
      return time + 7 * 86_400_000;
    case "day":
      return time + 86_400_000;
    default:
      return time + step;
  }
}

const periodFormats: Record<Period, Format> = { year: "year", month: "month", week: "date", day: "date", time: "datetime" };

export function timeTitle(c: Channel, period: Period, format: Format | undefined): (time: number) => string {
  const f = formatter(format ?? periodFormats[period], "timestamp", c.column);
  return (time) => f(time);
}

export const times = (c: Channel): (number | null)[] => c.values.map(toTime);
export const numbersOf = (c: Channel): (number | null)[] => c.values.map(toNumber);

export function extent(values: Iterable<number | null>): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    if (v === null) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return low <= high ? [low, high] : null;
}

export interface Series {
  names: string[]; // by weight, heaviest first
  colours: string[]; // of names
  legend: LegendItem[];
  note: string | null; // what the legend leaves out
}

// Colours for series. The heaviest get colours of their own, the others share a grey.
// A series keeps its colour over redraws (context.slots); `fixed` are colours from the chart's text.
export function series(weights: ReadonlyMap<string, number>, context: Context, fixed: Record<string, string> | undefined, natural = false): Series {
  const names = [...weights.keys()];
  const ranked = [...names].sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0));
  const ordered = natural || names.every((n) => n === none || Number.isFinite(Number(n))) ? names : ranked;
  const coloured = new Set(ranked.slice(0, mostColours));
  const taken = new Set([...context.slots].filter(([name]) => coloured.has(name)).map(([, slot]) => slot));
  for (const name of ordered) {
    if (!coloured.has(name) || context.slots.has(name)) continue;
    let slot = 0;
    while (taken.has(slot)) slot += 1;
    taken.add(slot);
    context.slots.set(name, slot);
  }
  const palette = categorical[context.theme];
  const colourOf = (name: string): string => {
    const wanted = fixed && Object.hasOwn(fixed, name) ? safeColour(fixed[name]) : null;
    if (wanted) return wanted;
    return coloured.has(name) ? palette[context.slots.get(name)! % palette.length]! : rest[context.theme];
  };
  const shown = ordered.filter((name) => coloured.has(name));
  const left = names.length - shown.length;
  return {
    names: ordered,
    colours: ordered.map(colourOf),
    legend: shown.map((name) => ({ name, colour: colourOf(name) })),
    note: left > 0 ? `${left} smaller ${left === 1 ? "series is" : "series are"} grey.` : null,
  };
}

// A CSS colour and nothing else: names, #rgb, rgb(), hsl().
export function safeColour(text: unknown): string | null {
  return typeof text === "string" && /^(#[0-9a-f]{3,8}|[a-z]+|(rgb|hsl)a?\([\d\s.,%/]+\))$/i.test(text) ? text : null;
}
