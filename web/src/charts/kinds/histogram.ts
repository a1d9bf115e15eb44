// Histograms, of raw values (binned here) or of bins counted in SQL (x, bin_end, y). A log axis has no zero: empty bins
// are left out and bars begin at a half.
import type { ChartSpec, Table } from "../../contract.ts";
import { formatter } from "../../format/format.ts";
import { channel, extent, numbersOf, required, times, axisKind } from "../channels.ts";
import { frame, logTicks, numberAxis, timeAxis } from "../config.ts";
import { type Channel, type Context, type Drawing, type Row } from "../drawing.ts";

export interface Bin {
  from: number;
  to: number;
  count: number;
}

const whole = formatter("integer", "bigint");

export function histogram(spec: ChartSpec, table: Table, context: Context): Drawing {
  const x = channel(table, required(spec, "x"), "x", { title: spec.x_title, format: spec.x_format });
  const counted = spec.bin_end !== undefined;
  const y = counted ? channel(table, required(spec, "y"), "y", { title: spec.y_title, format: spec.y_format }) : null;
  const time = axisKind(x) === "time";
  const starts = time ? times(x) : numbersOf(x);
  const logX = spec.x_scale === "log" && !time;
  let bins: Bin[];
  const notes: string[] = [];
  if (counted) {
    const e = channel(table, spec.bin_end!, "bin_end");
    const ends = time ? times(e) : numbersOf(e);
    const counts = numbersOf(y!);
    bins = starts.flatMap((from, row) => (from === null || ends[row] === null ? [] : [{ from, to: ends[row]!, count: counts[row] ?? 0 }]));
  } else {
    const values = starts.filter((v): v is number => v !== null && (!logX || v > 0));
    if (values.length < starts.length) notes.push(`${whole(starts.length - values.length)} ${logX ? "empty, zero or negative" : "empty"} values left out.`);
    bins = binned(values, spec.bins ?? null, logX);
  }
  if (logX) bins = bins.filter((b) => b.from > 0 && b.to > 0);
  const logY = spec.scale === "log";
  const format = y ? y.format : whole;
  const drawn = logY ? bins.filter((b) => b.count > 0) : bins;
  const rows: Row[] = drawn.map((b) => ({ x: b.from, x2: b.to, y: b.count, y0: logY ? 0.5 : 0 }));
  const total = bins.reduce((sum, b) => sum + b.count, 0);
  const share = formatter("percent1", "double");
  const title = (b: Bin): string => `${x.format(edge(x, b.from, time))} to ${x.format(edge(x, b.to, time))}`;
  const tallest = bins.reduce<Bin | null>((best, b) => (best === null || b.count > best.count ? b : best), null);
  const most = Math.max(1, tallest?.count ?? 1);
  const yAxis = numberAxis(y ?? countChannel, spec.y_format, { title: spec.y_title ?? (y ? y.title : "Count"), ...(logY ? { values: logTicks(1, most) } : {}) });
  const xAxis = time ? timeAxis(spec.x_title ?? null, spec.x_format) : numberAxis(x, spec.x_format, { title: x.title, grid: false, ...(logX && drawn.length > 0 ? { values: logTicks(drawn[0]!.from, drawn[drawn.length - 1]!.to) } : { tickCount: { expr: "max(3, floor(width / 80))" } }) });
  return {
    spec: frame(context, spec.height ?? 280, {
      data: { name: "rows" },
      mark: { type: "bar", xOffset: 0.5, x2Offset: -0.5, cornerRadiusTopLeft: 2, cornerRadiusTopRight: 2 },
      encoding: {
        x: { field: "x", type: time ? "temporal" : "quantitative", axis: xAxis, scale: time ? { type: "utc", nice: false } : logX ? { type: "log", nice: false } : { zero: false, nice: false } },
        x2: { field: "x2" },
        y: { field: "y", type: "quantitative", stack: null, axis: yAxis, scale: logY ? { type: "log", nice: false } : { zero: true } },
        y2: { field: "y0" },
      },
    }),
    data: new Map([["rows", rows]]),
    height: spec.height ?? 280,
    legend: [],
    ramp: null,
    hover: {
      along: "x",
      stops: drawn.map((b) => ({
        at: b.from, end: b.to, title: title(b),
        lines: [{ name: spec.y_title ?? y?.title ?? "Count", value: format(b.count), colour: null }, ...(total > 0 ? [{ name: "Share", value: share(b.count / total), colour: null }] : [])],
      })),
    },
    tips: new Map(),
    notes,
    summary: tallest === null ? "Histogram. No data." : `Histogram of ${x.title} in ${bins.length} bins, ${format(total)} in total. Most (${format(tallest.count)}) lie in ${title(tallest)}.`,
    empty: rows.length === 0,
  };
}

const countChannel: Channel = { column: "count", type: "bigint", title: "Count", values: [], format: whole };

function edge(x: Channel, value: number, time: boolean): unknown {
  if (time) return value;
  return x.type === "double" || x.type === "float" ? Number(value.toPrecision(6)) : value;
}

// `wanted` bins of equal width from the least to the greatest value; null: about 20 with round edges (1, 2 or 5 times a
// power of ten). On a log axis of equal ratio. The last bin includes its end.
export function binned(values: readonly number[], wanted: number | null, log: boolean): Bin[] {
  const range = extent(values);
  if (!range) return [];
  let [low, high] = range;
  const count = Math.max(1, Math.min(200, Math.round(wanted ?? 20) || 20));
  if (low === high) return [{ from: low - 0.5, to: high + 0.5, count: values.length }];
  if (log) [low, high] = [Math.log10(low), Math.log10(high)];
  const round = !log && wanted === null;
  const step = round ? niceStep((high - low) / count) : (high - low) / count;
  if (round) low = Math.floor(low / step) * step;
  const n = round ? Math.max(1, Math.floor((high - low) / step) + 1) : count;
  const edges = Array.from({ length: n + 1 }, (_, i) => (log ? 10 ** (low + i * step) : Number((low + i * step).toPrecision(12))));
  const bins = edges.slice(0, -1).map((from, i) => ({ from, to: edges[i + 1]!, count: 0 }));
  for (const value of values) {
    const at = log ? Math.log10(value) : value;
    bins[Math.min(n - 1, Math.max(0, Math.floor((at - low) / step)))]!.count += 1;
  }
  return bins;
}

function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const head = step / power;
  return power * (head <= 1 ? 1 : head <= 2 ? 2 : head <= 5 ? 5 : 10);
}
