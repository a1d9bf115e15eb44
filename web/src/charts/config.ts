// What all charts share: Vega-Lite's config and the frame around marks.
import type { Format } from "../contract.ts";
import { isLabelNumber } from "../format/format.ts";
import { kindOf } from "../format/types.ts";
import type { Channel, Context } from "./drawing.ts";
import { categorical, ink, sequential, type Theme } from "./palette.ts";

export const font = '"Inter Variable", Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

export function config(theme: Theme): object {
  const { text, muted, grid } = ink[theme];
  const palette = categorical[theme];
  return {
    background: null,
    font,
    padding: { left: 2, right: 8, top: 6, bottom: 2 },
    aria: false, // the page describes the chart itself: a name, a summary and the data as a table
    view: { stroke: null },
    axis: {
      labelColor: muted, titleColor: muted, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500,
      gridColor: grid, domainColor: grid, tickColor: grid, labelPadding: 6, titlePadding: 10, labelOverlap: true, labelSeparation: 5, labelLimit: 160,
    },
    axisX: { grid: false, domain: true, ticks: true, tickSize: 4 },
    axisY: { grid: true, domain: false, ticks: false, titleAnchor: "end", titleAngle: 0, titleAlign: "left", titleBaseline: "bottom", titleX: 0, titleY: -10 },
    axisBand: { domain: true, ticks: false, grid: false },
    header: { labelColor: muted, titleColor: text, labelFontSize: 12, titleFontSize: 12 },
    legend: { labelColor: text, titleColor: muted, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, symbolType: "circle", labelLimit: 200 },
    title: { color: text, subtitleColor: muted, fontSize: 15, fontWeight: 600, anchor: "start" },
    text: { color: text, fontSize: 12, font },
    line: { strokeWidth: 2.25, strokeCap: "round", strokeJoin: "round", color: palette[0] },
    point: { color: palette[0] },
    bar: { color: palette[0] },
    area: { color: palette[0] },
    rule: { color: muted },
    range: { category: [...palette], ramp: [...sequential[theme]], heatmap: [...sequential[theme]], ordinal: [...sequential[theme]] },
  };
}

// `"a'b"` as a text in Vega's expression language.
export function quote(text: string): string {
  return JSON.stringify(text).replace(/\u2028|\u2029/g, "");
}

export function axisLabels(c: Channel, format: Format | undefined): string {
  // Of the column's name only what matters: names like "__proto__" must not reach an expression.
  return `tarnAxis(datum.value, ${quote(format ?? "")}, ${quote(kindOf(c.type) === "number" ? c.type : "string")}, ${quote(isLabelNumber(c.column) ? "id" : "")})`;
}

export function numberAxis(c: Channel, format: Format | undefined, more: object = {}): object {
  return { title: c.title, labelExpr: axisLabels(c, format), tickCount: 5, ...more };
}

export function timeAxis(title: string | null, format: Format | undefined, more: object = {}): object {
  const labelExpr = format ? `tarnAxis(datum.value, ${quote(format)}, "timestamp", "")` : "tarnTick(datum.value, datum.index)";
  return { title, labelExpr, tickCount: { expr: "max(2, floor(width / 90))" }, ...more };
}

// Labels of a log axis: powers of ten, with twos and fives between them where there are few. Vega's own choice skips
// irregularly. `low` and `high` are the data's.
export function logTicks(low: number, high: number): number[] {
  if (!(low > 0) || !(high >= low)) return [1, 10, 100];
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const steps = to - from <= 2 ? [1, 2, 5] : [1];
  const skip = Math.max(1, Math.ceil((to - from) / 8));
  const ticks: number[] = [];
  for (let power = from; power <= to; power += skip) for (const step of steps) ticks.push(Number(`${step}e${power}`));
  return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
}

// Dates and categories name themselves; their axis has a title only when asked for.
export function xTitle(given: string | undefined, c: Channel, kind: string): string | null {
  return given ?? (kind === "number" ? c.title : null);
}

export function frame(context: Context, height: number, rest: object): object {
  return {
    width: 400, // the runner sets the real one
    height,
    autosize: { type: "fit", contains: "padding" },
    config: config(context.theme),
    ...rest,
  };
}
