// Scatter: one dot a row, with colour (series), size, and a dashed fitted line.
import type { ChartSpec, Table } from "../../contract.ts";
import { axisKind, channel, extent, label, numbersOf, required, series, times } from "../channels.ts";
import { frame, logTicks, numberAxis, timeAxis } from "../config.ts";
import { type Context, type Drawing, type Row } from "../drawing.ts";
import { ink } from "../palette.ts";

export function scatter(spec: ChartSpec, table: Table, context: Context): Drawing {
  const x = channel(table, required(spec, "x"), "x", { title: spec.x_title, format: spec.x_format });
  const y = channel(table, required(spec, "y"), "y", { title: spec.y_title, format: spec.y_format });
  const colour = spec.color ? channel(table, spec.color, "color") : null;
  const size = spec.size ? channel(table, spec.size, "size") : null;
  const name = spec.label ? channel(table, spec.label, "label") : null;
  const trend = spec.trend ? channel(table, spec.trend, "trend", { format: spec.y_format }) : null;
  const kind = axisKind(x);
  const xs = kind === "time" ? times(x) : kind === "number" ? numbersOf(x) : x.values.map((v) => label(v));
  const [ys, sizes, fitted] = [numbersOf(y), size ? numbersOf(size) : null, trend ? numbersOf(trend) : null];
  const groups = colour ? colour.values.map((v) => label(v, colour.format)) : null;
  const weights = new Map<string, number>();
  groups?.forEach((g) => weights.set(g, (weights.get(g) ?? 0) + 1));
  const s = groups ? series(weights, context, spec.colors) : null;
  const colourOf = new Map(s?.names.map((n, i) => [n, s.colours[i]!]) ?? []);
  const tips: Drawing["tips"] = new Map();
  const rows: Row[] = [];
  for (let row = 0; row < table.rows; row += 1) {
    const [vx, vy, group] = [xs[row] ?? null, ys[row] ?? null, groups?.[row] ?? ""];
    if (vx === null || vy === null || context.hidden.has(group)) continue;
    if ((spec.scale === "log" && vy <= 0) || (spec.x_scale === "log" && Number(vx) <= 0)) continue;
    rows.push({ x: vx, y: vy, s: group, tip: row, ...(sizes ? { size: sizes[row] ?? 0 } : {}), ...(fitted ? { t: fitted[row] ?? null } : {}) });
    tips.set(row, {
      title: name ? label(name.values[row], name.format) : group || x.format(x.values[row]),
      lines: [
        ...(name && group ? [{ name: colour!.title, value: group, colour: colourOf.get(group) ?? null }] : []),
        { name: x.title, value: x.format(x.values[row]), colour: null },
        { name: y.title, value: y.format(y.values[row]), colour: null },
        ...(size ? [{ name: size.title, value: size.format(size.values[row]), colour: null }] : []),
      ],
    });
  }
  if (trend) rows.sort((a, b) => (Number(a["x"]) || 0) - (Number(b["x"]) || 0));
  const ticks = (log: boolean, values: readonly (number | string | null)[]): object => {
    const range = log ? extent(values.map((v) => (typeof v === "number" && v > 0 ? v : null))) : null;
    return range ? { values: logTicks(10 ** Math.floor(Math.log10(range[0])), 10 ** Math.ceil(Math.log10(range[1]))) } : {};
  };
  const scaleOf = (log: boolean): object => (log ? { type: "log" } : { zero: false, nice: true });
  const xEncoding = kind === "time"
    ? { field: "x", type: "temporal", scale: { type: "utc" }, axis: timeAxis(spec.x_title ?? null, spec.x_format) }
    : kind === "number"
      ? { field: "x", type: "quantitative", scale: scaleOf(spec.x_scale === "log"), axis: numberAxis(x, spec.x_format, { title: x.title, tickCount: { expr: "max(3, floor(width / 80))" }, ...ticks(spec.x_scale === "log", xs) }) }
      : { field: "x", type: "ordinal", sort: null, axis: { title: x.title, labelAngle: 0 } };
  const yEncoding = { type: "quantitative", scale: scaleOf(spec.scale === "log"), axis: numberAxis(y, spec.y_format, ticks(spec.scale === "log", ys)) };
  const paint = s ? { color: { field: "s", type: "nominal", legend: null, scale: { domain: s.names, range: s.colours } } } : {};
  const dot = { type: "point", filled: true, opacity: rows.length > 800 ? 0.45 : 0.75, size: rows.length > 800 ? 24 : 48, stroke: ink[context.theme].card, strokeWidth: rows.length > 800 ? 0 : 0.75 };
  const notes = [...(s?.note ? [s.note] : []), ...(size ? [`Dot size: ${size.title}.`] : [])];
  const [ex, ey] = [kind === "category" ? null : extent(xs as (number | null)[]), extent(ys)];
  return {
    spec: frame(context, spec.height ?? 340, {
      data: { name: "rows" },
      encoding: { x: xEncoding },
      layer: [
        { mark: dot, encoding: { y: { ...yEncoding, field: "y" }, ...paint, ...(size ? { size: { field: "size", type: "quantitative", legend: null, scale: { range: [18, 500], zero: true } } } : {}) } },
        ...(trend ? [{ transform: [{ filter: "isValid(datum.t)" }], mark: { type: "line", strokeDash: [6, 4], strokeWidth: 1.75, ...(s ? {} : { color: ink[context.theme].muted }) }, encoding: { y: { ...yEncoding, field: "t" }, ...paint } }] : []),
      ],
    }),
    data: new Map([["rows", rows]]),
    height: spec.height ?? 340,
    legend: s?.legend ?? [],
    ramp: null,
    hover: null,
    tips,
    notes,
    summary: rows.length === 0 ? "Scatter plot. No data." : `Scatter plot: ${y.title} against ${x.title}, ${rows.length} points${s ? ` in ${s.names.length} groups` : ""}.${ex ? ` ${x.title} from ${x.format(ex[0])} to ${x.format(ex[1])};` : ""}${ey ? ` ${y.title} from ${y.format(ey[0])} to ${y.format(ey[1])}.` : ""}`,
    empty: rows.length === 0,
  };
}
