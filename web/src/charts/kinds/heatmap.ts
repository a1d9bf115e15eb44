// Heat maps: a value for each pair of places, darker for more (brighter in the dark).
import type { ChartSpec, Table } from "../../contract.ts";
import { axisKind, channel, extent, label, numbersOf, periodOf, required, times, timeTitle } from "../channels.ts";
import { frame } from "../config.ts";
import { ChartProblem, type Channel, type Context, type Drawing, type Row } from "../drawing.ts";
import { ink, sequential } from "../palette.ts";

export function heatmap(spec: ChartSpec, table: Table, context: Context): Drawing {
  const x = channel(table, required(spec, "x"), "x", { title: spec.x_title, format: spec.x_format });
  const y = channel(table, required(spec, "y"), "y", { title: spec.y_title, format: spec.y_format });
  const name = spec.value ?? spec.color;
  if (!name) throw new ChartProblem("A heatmap needs value: the column that colours the cells.");
  const value = channel(table, name, "value", { format: spec.format });
  const numbers = numbersOf(value);
  const [px, py] = [places(x, spec.x_format, spec.sort === "none"), places(y, spec.y_format, spec.sort === "none")];
  const range = extent(numbers) ?? [0, 0];
  const colours = sequential[context.theme];
  const cells = px.order.length * py.order.length;
  const written = cells <= 200 && context.width / Math.max(1, px.order.length) > 44;
  const tips: Drawing["tips"] = new Map();
  const rows: Row[] = [];
  for (let row = 0; row < table.rows; row += 1) {
    const v = numbers[row] ?? null;
    const part = v === null || range[1] === range[0] ? 0.5 : (v - range[0]) / (range[1] - range[0]);
    rows.push({ x: px.names[row]!, y: py.names[row]!, v, tip: row, text: written && v !== null ? value.format(value.values[row]) : "", strong: part > 0.55 });
    tips.set(row, { title: `${py.names[row]} · ${px.names[row]}`, lines: [{ name: value.title, value: value.format(value.values[row]), colour: null }] });
  }
  const height = spec.height ?? Math.max(160, Math.min(640, py.order.length * 32 + 50));
  const room = (context.width - 100) / Math.max(1, px.order.length);
  const slant = !px.ordered && Math.max(0, ...px.order.map((p) => p.length)) * 6.6 > room;
  const [onStrong, onPale] = context.theme === "light" ? ["#ffffff", "#17212b"] : ["#0d1419", "#e8edf2"];
  const high = rows.length > 0 ? rows.reduce((best, r) => (Number(r["v"] ?? -Infinity) > Number(best["v"] ?? -Infinity) ? r : best)) : null;
  return {
    spec: frame(context, height, {
      data: { name: "rows" },
      encoding: {
        x: { field: "x", type: "ordinal", sort: null, scale: { domain: px.order, paddingInner: 0.04, paddingOuter: 0 }, axis: { title: spec.x_title ?? (px.ordered ? null : x.title), domain: false, ticks: false, ...(slant ? { labelAngle: -40, labelAlign: "right" } : { labelAngle: 0 }) } },
        y: { field: "y", type: "ordinal", sort: null, scale: { domain: py.order, paddingInner: 0.05, paddingOuter: 0 }, axis: { title: spec.y_title ?? null, domain: false, grid: false, labelPadding: 8 } },
      },
      layer: [
        { mark: { type: "rect", cornerRadius: 2 }, encoding: { color: { condition: { test: "!isValid(datum.v)", value: ink[context.theme].empty }, field: "v", type: "quantitative", legend: null, scale: { type: spec.scale === "log" ? "symlog" : "linear", range: [...colours], zero: false, nice: false } } } },
        ...(written ? [{ mark: { type: "text", fontSize: 11.5, baseline: "middle" }, encoding: { text: { field: "text" }, color: { condition: { test: "datum.strong", value: onStrong }, value: onPale } } }] : []),
      ],
    }),
    data: new Map([["rows", rows]]),
    height,
    legend: [],
    ramp: rows.length === 0 ? null : { title: value.title, colours, from: value.format(range[0]), to: value.format(range[1]) },
    hover: null,
    tips,
    notes: [],
    summary: high === null ? "Heat map. No data." : `Heat map: ${value.title} by ${x.title} (${px.order.length}) and ${y.title} (${py.order.length}), from ${value.format(range[0])} to ${value.format(range[1])}. Highest at ${high["y"]}, ${high["x"]}.`,
    empty: rows.length === 0,
  };
}

// The names along an axis, in order: time and numbers ascending, categories as the query gives them.
function places(c: Channel, format: string | undefined, asGiven: boolean): { names: string[]; order: string[]; ordered: boolean } {
  const kind = axisKind(c);
  const numbers = kind === "time" ? times(c) : kind === "number" ? numbersOf(c) : null;
  const title = kind === "time" ? timeTitle(c, periodOf(numbers!.filter((v): v is number => v !== null)), format) : null;
  const names = c.values.map((v, i) => (title && numbers![i] !== null ? title(numbers![i]!) : label(v, c.format)));
  const first = new Map<string, number>();
  names.forEach((n, i) => first.has(n) || first.set(n, i));
  const order = [...first.keys()];
  if (numbers && !asGiven) order.sort((a, b) => (numbers[first.get(a)!] ?? Infinity) - (numbers[first.get(b)!] ?? Infinity));
  return { names, order, ordered: numbers !== null };
}
