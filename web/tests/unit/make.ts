import type { Context } from "../../src/charts/drawing.ts";
import type { Table } from "../../src/contract.ts";

export function table(columns: Record<string, string>, rows: unknown[][]): Table {
  const names = Object.keys(columns);
  return { columns: names.map((name) => ({ name, type: columns[name]! })), rows: rows.length, data: names.map((_, i) => rows.map((row) => row[i])), versions: "", milliseconds: 1 };
}

export function context(more: Partial<Context> = {}): Context {
  return { theme: "light", width: 700, hidden: new Set(), slots: new Map(), ...more };
}
