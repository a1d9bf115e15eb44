// Pie and donut: shares of a whole, largest first; what is beyond the palette becomes "Others".
import type { ChartSpec, Table } from "../../contract.ts";
import { formatter } from "../../format/format.ts";
import { channel, label, numbersOf, required, series } from "../channels.ts";
import { frame } from "../config.ts";
import { ChartProblem, type Context, type Drawing, type Row } from "../drawing.ts";
import { ink, mostColours, rest } from "../palette.ts";

export const others = "Others";

export function pie(spec: ChartSpec, table: Table, context: Context): Drawing {
  const name = spec.color ?? spec.x ?? spec.label;
  if (!name) throw new ChartProblem(`A ${spec.chart} chart needs color (or x): the column that names the slices.`);
  const by = channel(table, name, "color");
  const amount = channel(table, spec.value ?? required(spec, "y"), spec.value ? "value" : "y", { format: spec.format ?? spec.y_format });
  const sums = new Map<string, number>();
  let negative = 0;
  numbersOf(amount).forEach((value, row) => {
    if (value === null || value === 0) return;
    if (value < 0) negative += 1;
    else sums.set(label(by.values[row], by.format), (sums.get(label(by.values[row], by.format)) ?? 0) + value);
  });
  const most = Math.min(spec.limit ?? mostColours, mostColours);
  const ranked = [...sums].sort((a, b) => b[1] - a[1]);
  const slices = ranked.length > most ? ranked.slice(0, most - 1) : ranked;
  const left = ranked.slice(slices.length);
  const colours = series(new Map(slices), context, spec.colors);
  const colourOf = new Map(colours.names.map((n, i) => [n, colours.colours[i]!]));
  if (left.length > 0) {
    slices.push([others, left.reduce((sum, [, value]) => sum + value, 0)]);
    colourOf.set(others, rest[context.theme]);
  }
  const all = slices.reduce((sum, [, value]) => sum + value, 0);
  const visible = slices.filter(([n]) => !context.hidden.has(n));
  const total = visible.reduce((sum, [, value]) => sum + value, 0);
  const share = formatter("percent1", "double");
  const tips: Drawing["tips"] = new Map();
  const rows: Row[] = visible.map(([s, value], i) => {
    tips.set(i, { title: s, lines: [{ name: amount.title, value: amount.format(value), colour: colourOf.get(s) ?? null }, { name: "Share", value: share(value / total), colour: null }] });
    return { s, value, o: i, tip: i, text: value / total >= 0.06 ? share(value / total) : "" };
  });
  const donut = spec.chart === "donut";
  const height = spec.height ?? 280;
  const radius = `min(width, height) / 2`;
  const theta = { field: "value", type: "quantitative", stack: true };
  const layer: object[] = [
    { mark: { type: "arc", outerRadius: { expr: radius }, innerRadius: { expr: donut ? `${radius} * 0.62` : "0" }, stroke: ink[context.theme].card, strokeWidth: 2 } },
    { mark: { type: "text", radius: { expr: `${radius} * ${donut ? 0.81 : 0.7}` }, fontSize: 12, fontWeight: 600, fill: context.theme === "light" ? "#ffffff" : "#10161c" }, encoding: { text: { field: "text" }, color: { value: context.theme === "light" ? "#ffffff" : "#10161c" } } },
  ];
  if (donut) layer.push({ data: { name: "centre" }, mark: { type: "text", fontSize: 20, fontWeight: 650, dy: -4 }, encoding: { theta: { value: 0 }, radius: { value: 0 }, order: { value: 0 }, text: { field: "text" }, color: { value: ink[context.theme].text } } });
  if (donut) layer.push({ data: { name: "centre" }, mark: { type: "text", fontSize: 12, dy: 15 }, encoding: { theta: { value: 0 }, radius: { value: 0 }, order: { value: 0 }, text: { field: "name" }, color: { value: ink[context.theme].muted } } });
  return {
    spec: frame(context, height, {
      data: { name: "rows" },
      encoding: { theta, order: { field: "o", type: "quantitative" }, color: { field: "s", type: "nominal", legend: null, scale: { domain: [...colourOf.keys()], range: [...colourOf.values()] } } },
      layer,
      view: { stroke: null },
    }),
    data: new Map([["rows", rows], ["centre", [{ text: amount.format(total), name: amount.title }]]]),
    height,
    legend: slices.map(([n, value]) => ({ name: n, colour: colourOf.get(n)!, note: share(value / all) })),
    ramp: null,
    hover: null,
    tips,
    notes: [
      ...(left.length > 0 ? [`${others}: ${left.length} smaller ones.`] : []),
      ...(negative > 0 ? [`${negative} negative ${negative === 1 ? "value has" : "values have"} no slice.`] : []),
    ],
    summary: rows.length === 0 ? "Pie chart. No data." : `${donut ? "Donut" : "Pie"} chart: ${amount.title} by ${by.title}, ${amount.format(all)} in total. ${slices.map(([n, v]) => `${n} ${share(v / all)}`).join(", ")}.`,
    empty: rows.length === 0,
  };
}
