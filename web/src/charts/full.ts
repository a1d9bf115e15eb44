// Full Vega-Lite from a dashboard: our config under the author's own, named queries as its data, nothing loaded.
import type { Table } from "../contract.ts";
import { kindOf, toNumber, toTime } from "../format/types.ts";
import { config } from "./config.ts";
import { ChartProblem } from "./drawing.ts";
import type { Theme } from "./palette.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export function fullSpec(given: object, queries: readonly string[], theme: Theme): { spec: object; height: number | null } {
  const spec = given as { [key: string]: Json };
  walk(spec, (key, value) => {
    if (key !== "data" || value === null || typeof value !== "object" || Array.isArray(value)) return;
    if (Object.hasOwn(value, "url")) throw new ChartProblem("data.url: a dashboard loads nothing. Write a query and name it in data.name.");
    const name = value["name"];
    if (typeof name === "string" && !queries.includes(name) && !Object.hasOwn(value, "values")) {
      throw new ChartProblem(`data.name: there is no query ${name}. Queries of this chart: ${queries.join(", ") || "none"}.`);
    }
  });
  const single = !["hconcat", "vconcat", "concat", "repeat", "facet"].some((key) => key in spec) && !hasFacet(spec);
  const own = typeof spec["config"] === "object" && spec["config"] !== null ? spec["config"] : {};
  const { $schema: _, width, config: __, ...rest } = spec;
  return {
    height: typeof spec["height"] === "number" ? spec["height"] : null,
    spec: {
      ...rest,
      ...(single ? { width: 400, height: spec["height"] ?? 300, autosize: { type: "fit", contains: "padding" } } : width === undefined ? {} : { width }),
      config: merge({ ...config(theme), axisY: { grid: true, domain: false, ticks: false } } as never, own as never),
    },
  };
}

function hasFacet(spec: { [key: string]: Json }): boolean {
  const encoding = spec["encoding"];
  return typeof encoding === "object" && encoding !== null && ["row", "column", "facet"].some((key) => key in encoding);
}

function walk(value: Json, visit: (key: string, value: Json) => void): void {
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) {
    visit(key, inner);
    walk(inner, visit);
  }
}

function merge(base: { [key: string]: Json }, over: { [key: string]: Json }): { [key: string]: Json } {
  const out: { [key: string]: Json } = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = out[key];
    const both = [old, value].every((v) => v !== null && typeof v === "object" && !Array.isArray(v));
    Object.defineProperty(out, key, { value: both ? merge(old as never, value as never) : value, enumerable: true, writable: true, configurable: true });
  }
  return out;
}

// Rows for an author's spec, by column name. Vega draws temporal axes in local time unless told `utc`; a date must be the
// same day everywhere, so without utc in the spec times are shifted such that local time reads as UTC does elsewhere.
export function fullRows(table: Table, spec: object): Record<string, unknown>[] {
  const utc = /"utc/.test(JSON.stringify(spec));
  const columns = table.columns.map((column, i) => ({ name: column.name, kind: kindOf(column.type), values: table.data[i] ?? [] }));
  return Array.from({ length: table.rows }, (_, row) => {
    const entries = columns.map(({ name, kind, values }): [string, unknown] => {
      const value = values[row] ?? null;
      if (kind === "number") return [name, toNumber(value)];
      if (kind !== "date" && kind !== "timestamp") return [name, value];
      const time = toTime(value);
      return [name, time === null ? null : utc ? time : localTwin(time)];
    });
    return Object.fromEntries(entries);
  });
}

function localTwin(time: number): number {
  const d = new Date(time);
  return new Date(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds(), d.getUTCMilliseconds()).getTime();
}
