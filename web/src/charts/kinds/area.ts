// Areas: stacked by default when there are series, to 100 % with stack: normalize, overlaid with stack: false.
import type { ChartSpec, Table } from "../../contract.ts";
import { frame, numberAxis } from "../config.ts";
import type { Context, Drawing, Row } from "../drawing.ts";
import { axisHover, colourScale, notesOf, readPoints, summarise, yTitle } from "../points.ts";
import { placesOf, xEncoding } from "./line.ts";

export function area(spec: ChartSpec, table: Table, context: Context): Drawing {
  const points = readPoints(spec, table, context);
  const order = placesOf(points);
  const stack = points.series === null || spec.stack === false ? null : spec.stack === "normalize" ? "normalize" : "zero";
  // Stacked areas need every series at every place, or they bridge the gap with a slope.
  const values = new Map<string, number>();
  for (const p of points.points) {
    const key = JSON.stringify([p.series, p.at]);
    values.set(key, (values.get(key) ?? 0) + p.value);
  }
  const names = (points.series?.names ?? [""]).filter((name) => !context.hidden.has(name));
  const rows: Row[] = [];
  names.forEach((s, o) => {
    for (const x of order) {
      const y = values.get(JSON.stringify([s, x]));
      if (y !== undefined || stack) rows.push({ x, y: y ?? 0, s, o });
    }
  });
  const colour = colourScale(points);
  const percent = stack === "normalize";
  const axis = numberAxis(points.y[0]!, percent ? "percent" : spec.y_format, { title: percent ? (spec.y_title ?? null) : yTitle(spec, points) });
  const y = { field: "y", type: "quantitative", stack, axis, scale: { zero: true, nice: !percent } };
  const mark = stack ? { type: "area", opacity: 0.85, line: { strokeWidth: 1 } } : { type: "area", opacity: points.series ? 0.25 : 0.2, line: { strokeWidth: 2.25 } };
  return {
    spec: frame(context, spec.height ?? 300, {
      data: { name: "rows" },
      mark: { ...mark, interpolate: "linear" },
      encoding: { x: xEncoding(spec, points), y, ...(colour ? { color: colour, order: { field: "o", type: "quantitative" } } : {}) },
    }),
    data: new Map([["rows", rows]]),
    height: spec.height ?? 300,
    legend: points.series?.legend ?? [],
    ramp: null,
    hover: axisHover(points, "x", order, undefined, stack !== null),
    tips: new Map(),
    notes: notesOf(points),
    summary: summarise(percent ? "Area chart of shares" : stack ? "Stacked area chart" : "Area chart", points),
    empty: rows.length === 0,
  };
}
