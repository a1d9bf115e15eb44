// What a chart is before Vega: the result of the pure functions in kinds/, one for each kind of chart.
// Rows have fields named by role (x, y, series, …), never by column, so no column's name can upset a spec.
import type { ChartSpec, Table, TarnError } from "../contract.ts";
import type { Formatter } from "../format/format.ts";
import type { Theme } from "./palette.ts";

export interface Row {
  [role: string]: string | number | boolean | null | undefined;
}

export interface LegendItem {
  name: string;
  colour: string;
  dashed?: boolean;
  note?: string; // e.g. a slice's share
}

export interface Ramp {
  title: string;
  colours: readonly string[];
  from: string;
  to: string;
}

export interface HoverLine {
  name: string;
  value: string;
  colour: string | null;
  note?: string; // what else there is to say about it, e.g. its trend
}

// Charts with an axis of places (days, categories, bins): pointer and arrow keys step along it.
export interface AxisHover {
  along: "x" | "y";
  stops: { at: number | string; end?: number; title: string; lines: HoverLine[] }[];
}

export interface Drawing {
  spec: object; // Vega-Lite; its data is named "rows" (and "outliers")
  data: Map<string, Row[]>;
  height: number;
  legend: LegendItem[];
  ramp: Ramp | null;
  hover: AxisHover | null; // null: each mark's row has a `tip`
  tips: Map<number, { title: string; lines: HoverLine[] }>; // by a row's field `tip`
  notes: string[];
  summary: string;
  empty: boolean;
}

export interface Context {
  theme: Theme;
  width: number; // px, only for decisions such as slanting labels
  hidden: ReadonlySet<string>; // series switched off in the legend
  slots: Map<string, number>; // series -> colour, kept over redraws so that a series keeps its colour; grown here
}

export type Compile = (spec: ChartSpec, table: Table, context: Context) => Drawing;

// A mistake in the chart's text, shown in its place.
export class ChartProblem extends Error {
  readonly error: TarnError;
  constructor(message: string, error: Partial<TarnError> = {}) {
    super(message);
    this.error = { class: "CHART_SPEC", message, ...error };
  }
}

export interface Channel {
  column: string;
  type: string;
  title: string;
  values: readonly unknown[];
  format: Formatter;
}
