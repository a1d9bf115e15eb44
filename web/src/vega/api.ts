// The seam between app.js and charts.js. charts.js sets window.__tarnCharts and fires "tarn-charts" on window.
import type { Row } from "../charts/drawing.ts";

export interface ChartInput {
  spec: object; // Vega-Lite
  data: Map<string, Row[] | Record<string, unknown>[]>; // owned by the chart from now on: Vega marks the rows
  width: number; // px
  canvas: boolean; // thousands of marks: pixels instead of elements
  label: string; // accessible name
  // The row under the pointer (short form) or a tooltip's value (full Vega-Lite); null when it left.
  onTip: (tip: unknown, event: MouseEvent | null) => void;
  tips: "row" | "value";
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface ChartHandle {
  // Draws again. When only data changed, the running view gets new rows; otherwise a new view is made.
  update(input: ChartInput): Promise<void>;
  resize(width: number): Promise<void>;
  // Middle of each place along an axis, px from the chart's left or top edge; NaN where the scale has none.
  positions(along: "x" | "y", stops: { at: number | string; end?: number }[]): number[];
  plot(): Box; // the area inside the axes
  destroy(): void;
}

export interface ChartsApi {
  draw(host: HTMLElement, input: ChartInput): Promise<ChartHandle>;
  unmapped(countries: readonly string[]): string[]; // which of these have no shape on the map
}

declare global {
  interface Window {
    __tarnCharts?: ChartsApi;
    __tarnStartCharts?: () => void; // charts.js waits until a chart needs it or nothing else is to be done; this ends the wait
    __tarnChartsWanted?: boolean; // somebody called while it was not there yet
  }
}
