// charts.js: Vega, behind the small interface in api.ts. Runs without eval, loads nothing, and shows text only as text.
import { expressionFunction, logger, parse, read, View, Warn, type Runtime } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import { axisFormatter, timeTick, type Formatter } from "../format/format.ts";
import type { ChartHandle, ChartInput, ChartsApi } from "./api.ts";
import { countryId, unmapped, worldRows } from "./countries.ts";

const formats = new Map<string, Formatter>();

expressionFunction("tarnAxis", (value: unknown, format: string, type: string, name: string) => {
  const key = JSON.stringify([format, type, name]);
  let made = formats.get(key);
  if (!made) formats.set(key, (made = axisFormatter(format || undefined, type, name)));
  return made(value instanceof Date ? value.getTime() : value);
});
expressionFunction("tarnTick", (value: unknown, index: number) => timeTick(value instanceof Date ? value.getTime() : Number(value), index === 0));

const refuse = (): Promise<never> => Promise.reject(new Error("a dashboard loads nothing: its data are its named queries"));
const loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse, options: {} };

interface Compiled {
  runtime: Runtime;
  datasets: { name: string; parse: unknown }[];
}

const compiled = new Map<string, Compiled>(); // by spec; a page has few

function compiledOf(key: string, spec: object): Compiled {
  let made = compiled.get(key);
  if (!made) {
    const log = logger(Warn, "warn", quiet);
    const vega = compile(spec as TopLevelSpec, { logger: log as never }).spec;
    const datasets = (vega.data ?? []).map((d) => ({ name: d.name, parse: (d as { format?: { parse?: unknown } }).format?.parse }));
    made = { runtime: parse(vega, {}, { ast: true }), datasets };
    if (compiled.size > 100) compiled.clear();
    compiled.set(key, made);
  }
  return made;
}

// Vega-Lite warns about much that is meant; errors are thrown or reported by the view.
function quiet(): void {
  return undefined;
}

class Chart implements ChartHandle {
  private view: View | null = null;
  private key = "";
  private failure: Error | null = null;
  private readonly host: HTMLElement;
  private input: ChartInput;

  constructor(host: HTMLElement, input: ChartInput) {
    this.host = host;
    this.input = input;
  }

  async update(input: ChartInput): Promise<void> {
    const key = `${input.canvas ? "c" : "s"}${JSON.stringify(input.spec)}`;
    this.input = input;
    if (key !== this.key || !this.view) this.create(key);
    this.fill();
    if (this.view!.width() !== input.width) this.view!.width(input.width);
    await this.run();
    this.host.setAttribute("role", "img");
    this.host.setAttribute("aria-label", input.label);
    this.host.removeAttribute("aria-roledescription");
    this.host.querySelector("svg")?.setAttribute("aria-hidden", "true"); // one picture, not a hundred marks
  }

  async resize(width: number): Promise<void> {
    this.input = { ...this.input, width };
    if (this.view) {
      this.view.width(width);
      await this.run();
    }
  }

  positions(along: "x" | "y", stops: { at: number | string; end?: number }[]): number[] {
    if (!this.view) return [];
    let scale: ((value: unknown) => number | undefined) & { bandwidth?: () => number };
    try {
      scale = this.view.scale(along) as typeof scale;
    } catch {
      return stops.map(() => NaN);
    }
    const start = this.offset()[along];
    const half = (scale.bandwidth?.() ?? 0) / 2;
    return stops.map(({ at, end }) => {
      const from = scale(at);
      if (from === undefined) return NaN;
      const to = end === undefined || half > 0 ? undefined : scale(end);
      return start + (to === undefined || !this.spansPeriods() ? from + half : (from + to) / 2);
    });
  }

  plot(): { x: number; y: number; width: number; height: number } {
    const { x, y } = this.offset();
    return { x, y, width: (this.view?.signal("width") as number) ?? 0, height: (this.view?.signal("height") as number) ?? 0 };
  }

  destroy(): void {
    this.view?.finalize();
    this.view = null;
    this.host.replaceChildren();
  }

  // Bars from start to end of a period are met in their middle, points at their start.
  private spansPeriods(): boolean {
    return this.key.includes('"x2":');
  }

  private offset(): { x: number; y: number } {
    const origin = (this.view?.origin() ?? [0, 0]) as [number, number];
    const padding = (this.view?.padding() ?? 0) as number | { left?: number; top?: number };
    const [left, top] = typeof padding === "number" ? [padding, padding] : [padding.left ?? 0, padding.top ?? 0];
    return { x: origin[0] + left, y: origin[1] + top };
  }

  private create(key: string): void {
    this.view?.finalize();
    this.host.replaceChildren();
    const { runtime } = compiledOf(key, this.input.spec);
    const log = logger(Warn, "error", (_method: string, level: string, message: readonly unknown[]) => {
      if (level === "ERROR") this.failure = new Error(message.map(String).join(" "));
    });
    const view = new View(runtime, {
      expr: expressionInterpreter, // no eval, as the page's CSP demands
      loader: loader as never,
      logger: log as never,
      renderer: this.input.canvas ? "canvas" : "svg",
      container: this.host,
      hover: true,
      tooltip: (_handler: unknown, event: MouseEvent, _item: unknown, value: unknown) => {
        if (this.input.tips === "value") this.input.onTip(value === null || value === undefined || value === "" ? null : value, event);
      },
    } as never);
    view.width(this.input.width);
    const point = (event: unknown, item: unknown): void => {
      if (this.input.tips === "row") this.input.onTip((item as { datum?: unknown } | null)?.datum ?? null, event as MouseEvent);
    };
    view.addEventListener("mousemove", point as never);
    view.addEventListener("click", point as never);
    view.addEventListener("mouseout", (() => this.input.onTip(null, null)) as never);
    this.view = view;
    this.key = key;
  }

  private fill(): void {
    for (const { name, parse: format } of compiledOf(this.key, this.input.spec).datasets) {
      const rows = name === "world" && !this.input.data.has("world") ? worldRows() : this.input.data.get(name);
      if (!rows) continue;
      if (this.input.tips === "row") for (const row of rows) if (typeof row["country"] === "string") (row as Record<string, unknown>)["id"] = countryId(row["country"]);
      if (format) read(rows as never, { type: "json", parse: format } as never);
      this.view!.data(name, rows as never);
    }
  }

  private async run(): Promise<void> {
    this.failure = null;
    await this.view!.runAsync();
    if (this.failure) throw this.failure as Error;
  }
}

const api: ChartsApi = {
  async draw(host, input) {
    const chart = new Chart(host, input);
    try {
      await chart.update(input);
    } catch (error) {
      chart.destroy();
      throw error;
    }
    return chart;
  },
  unmapped,
};

window.__tarnCharts = api;
if (window.__tarnTimings) window.__tarnTimings["charts"] = Math.round(performance.now() * 10) / 10;
window.dispatchEvent(new Event("tarn-charts"));
