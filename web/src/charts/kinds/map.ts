// World map: countries coloured by a value. The runner knows the shapes ("world") and which text names which country
// (tarnCountry); countries without a shape are listed under the map by the page.
import type { ChartSpec, Table } from "../../contract.ts";
import { channel, extent, label, numbersOf, required } from "../channels.ts";
import { frame } from "../config.ts";
import type { Context, Drawing, Row } from "../drawing.ts";
import { ink, sequential } from "../palette.ts";

export function map(spec: ChartSpec, table: Table, context: Context): Drawing {
  const country = channel(table, required(spec, "country"), "country");
  const value = channel(table, required(spec, "value"), "value", { format: spec.format });
  const name = spec.label ? channel(table, spec.label, "label") : country;
  const numbers = numbersOf(value);
  const tips: Drawing["tips"] = new Map();
  const rows: Row[] = [];
  for (let row = 0; row < table.rows; row += 1) {
    const v = numbers[row] ?? null;
    if (v === null) continue;
    rows.push({ country: label(country.values[row]), v, tip: row });
    tips.set(row, { title: label(name.values[row], name.format), lines: [{ name: value.title, value: value.format(value.values[row]), colour: null }] });
  }
  const colours = sequential[context.theme];
  const range = extent(rows.map((r) => r["v"] as number)) ?? [0, 0];
  const top = [...rows].sort((a, b) => Number(b["v"]) - Number(a["v"])).slice(0, 5);
  const height = spec.height ?? Math.round(Math.max(160, Math.min(460, context.width * 0.46)) / 20) * 20;
  // Some countries have most of everything; the square root keeps the others apart.
  const skewed = range[0] >= 0 && range[1] > 0;
  const shape = { type: "geoshape", stroke: ink[context.theme].card, strokeWidth: 0.6 };
  return {
    spec: frame(context, height, {
      projection: { type: "equalEarth" },
      layer: [
        { data: { name: "world" }, mark: { ...shape, fill: ink[context.theme].empty } },
        {
          data: { name: "world" },
          transform: [{ lookup: "id", from: { data: { name: "rows" }, key: "id", fields: ["v", "tip"] } }, { filter: "isValid(datum.v)" }],
          mark: shape,
          encoding: { color: { field: "v", type: "quantitative", legend: null, scale: { type: spec.scale === "log" ? "log" : skewed ? "sqrt" : "linear", range: [...colours], nice: false, zero: false } } },
        },
      ],
    }),
    data: new Map([["rows", rows]]),
    height,
    legend: [],
    ramp: rows.length === 0 ? null : { title: value.title, colours, from: value.format(range[0]), to: value.format(range[1]) },
    hover: null,
    tips,
    notes: [],
    summary: rows.length === 0 ? "World map. No data." : `World map: ${value.title} for ${rows.length} countries, from ${value.format(range[0])} to ${value.format(range[1])}. Most: ${top.map((r) => `${r["country"]} ${value.format(r["v"])}`).join(", ")}.`,
    empty: rows.length === 0,
  };
}
