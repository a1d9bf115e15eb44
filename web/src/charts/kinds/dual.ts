// Two measures with an axis each: bars or a line on the left, the second (y2) on the right, each axis in its colour.
import type { ChartSpec, Table } from "../../contract.ts";
import { channel, label, numbersOf, extent } from "../channels.ts";
import { frame, numberAxis, timeAxis, xTitle } from "../config.ts";
import { ChartProblem, type Context, type Drawing, type Row } from "../drawing.ts";
import { categorical, ink } from "../palette.ts";
import { readPoints, yTitle } from "../points.ts";
import { placesInOrder } from "./bar.ts";
import { placesOf } from "./line.ts";

export function dual(spec: ChartSpec, table: Table, context: Context): Drawing {
  if (!spec.y2) throw new ChartProblem("A chart with two axes needs y2: the name of a column.");
  const bars = spec.chart === "bar";
  const points = readPoints({ ...spec, color: undefined, y: Array.isArray(spec.y) ? spec.y[0] : spec.y }, table, { ...context, hidden: new Set() }, bars);
  const left = points.y[0]!;
  const right = channel(table, spec.y2, "y2", { title: spec.y2_title, format: spec.y2_format });
  const second = numbersOf(right);
  const leftName = yTitle(spec, points) ?? left.title;
  const order = (bars ? placesInOrder(spec, table, points) : placesOf(points)).slice(0, bars && spec.limit ? spec.limit : undefined);
  const rank = new Map(order.map((place, i) => [place, i]));
  const mark2 = spec.y2_mark ?? "line";
  const asBand = bars || mark2 === "bar" || points.kind === "category";
  const list = points.points.filter((p) => rank.has(p.at)).sort((a, b) => rank.get(a.at)! - rank.get(b.at)!);
  const rows: Row[] = list.map((p) => ({ x: asBand ? points.titleAt(p.at) : p.at, y: context.hidden.has(leftName) ? null : p.value, y2: context.hidden.has(right.title) ? null : (second[p.row] ?? null) }));
  const [a, b] = [categorical[context.theme][0]!, categorical[context.theme][1]!];
  const title = xTitle(spec.x_title, points.x, points.kind);
  const longest = Math.max(0, ...order.map((p) => points.titleAt(p).length));
  const slant = points.kind === "category" && longest * 6.6 + 8 > (context.width - 100) / Math.max(1, order.length);
  const x = asBand
    ? { field: "x", type: "ordinal", sort: null, axis: { title, grid: false, ...(slant ? { labelAngle: -40, labelAlign: "right", labelLimit: 120 } : { labelAngle: 0 }) }, scale: { paddingInner: 0.25, paddingOuter: 0.15 } }
    : points.kind === "time"
      ? { field: "x", type: "temporal", scale: { type: "utc" }, axis: timeAxis(title, spec.x_format) }
      : { field: "x", type: "quantitative", scale: { zero: false }, axis: numberAxis(points.x, spec.x_format, { title, grid: false }) };
  const draw = (kind: string, field: string, colour: string, axis: object, log: boolean): object[] => {
    const y = { field, type: "quantitative", axis, scale: log ? { type: "log" } : { zero: true, nice: true } };
    if (kind === "bar") return [{ mark: { type: "bar", color: colour, cornerRadiusEnd: 2 }, encoding: { y } }];
    const dots = { mark: { type: "point", filled: true, color: colour, size: 64, opacity: 1, stroke: ink[context.theme].card, strokeWidth: 1.5 }, encoding: { y } };
    return kind === "point" ? [dots] : [{ mark: { type: "line", color: colour }, encoding: { y } }, ...(order.length <= 24 ? [dots] : [])];
  };
  const axisLeft = numberAxis(left, spec.y_format, { title: leftName, titleColor: a });
  const axisRight = numberAxis(right, spec.y2_format, { title: right.title, titleColor: b, orient: "right", grid: false, titleAlign: "right" });
  const lines = (row: number): { name: string; value: string; colour: string }[] => [
    { name: leftName, value: left.format(left.values[row]), colour: a },
    { name: right.title, value: right.format(right.values[row]), colour: b },
  ];
  const [ea, eb] = [extent(numbersOf(left)), extent(second)];
  return {
    spec: frame(context, spec.height ?? 320, {
      data: { name: "rows" },
      encoding: { x },
      layer: [{ layer: draw(bars ? "bar" : "line", "y", a, axisLeft, spec.scale === "log") }, { layer: draw(mark2, "y2", b, axisRight, false) }],
      resolve: { scale: { y: "independent" } },
    }),
    data: new Map([["rows", rows]]),
    height: spec.height ?? 320,
    legend: [{ name: leftName, colour: a }, { name: right.title, colour: b }],
    ramp: null,
    hover: { along: "x", stops: list.map((p) => ({ at: asBand ? points.titleAt(p.at) : p.at, title: label(points.titleAt(p.at)), lines: lines(p.row) })) },
    tips: new Map(),
    notes: [],
    summary: rows.length === 0 ? "Chart with two axes. No data." : `Chart with two axes by ${points.x.title}, ${order.length} places. ${leftName}${ea ? ` from ${left.format(ea[0])} to ${left.format(ea[1])}` : ""}; ${right.title}${eb ? ` from ${right.format(eb[0])} to ${right.format(eb[1])}` : ""}.`,
    empty: rows.length === 0,
  };
}
