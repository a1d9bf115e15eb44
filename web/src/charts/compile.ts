// The short chart form -> a Drawing. Throws ChartProblem for a chart that can't be drawn as written.
import type { ChartSpec, Table } from "../contract.ts";
import { ChartProblem, type Compile, type Context, type Drawing } from "./drawing.ts";
import { area } from "./kinds/area.ts";
import { bar } from "./kinds/bar.ts";
import { box } from "./kinds/box.ts";
import { dual } from "./kinds/dual.ts";
import { heatmap } from "./kinds/heatmap.ts";
import { histogram } from "./kinds/histogram.ts";
import { line } from "./kinds/line.ts";
import { map } from "./kinds/map.ts";
import { pie } from "./kinds/pie.ts";
import { scatter } from "./kinds/scatter.ts";

const kinds = new Map<string, Compile>([
  ["line", line], ["area", area], ["bar", bar], ["pie", pie], ["donut", pie], ["histogram", histogram],
  ["scatter", scatter], ["box", box], ["heatmap", heatmap], ["map", map],
]);

export function compile(spec: ChartSpec, table: Table, context: Context): Drawing {
  const kind = kinds.get(spec.chart);
  if (!kind) throw new ChartProblem(`There is no chart ${spec.chart}. Charts: ${[...kinds.keys(), "table", "value"].join(", ")}.`);
  return spec.y2 && (spec.chart === "line" || spec.chart === "bar" || spec.chart === "area") ? dual(spec, table, context) : kind(spec, table, context);
}
