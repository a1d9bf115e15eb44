// Reading a column-major Table by name. A column may be called anything, "__proto__" included,
// so names are compared, never used as keys of plain objects.
import type { Table } from "../contract.ts";

export function columnIndex(table: Table, name: string): number {
  const exact = table.columns.findIndex((column) => column.name === name);
  if (exact >= 0) return exact;
  const lower = name.toLowerCase(); // Spark's names are case-insensitive
  return table.columns.findIndex((column) => column.name.toLowerCase() === lower);
}

export function cell(table: Table, column: number, row: number): unknown {
  return table.data[column]?.[row] ?? null;
}

export function columnNames(table: Table): string {
  return table.columns.map((column) => column.name).join(", ");
}

// "n_votes" -> "N votes"; names written by people ("Net €") stay.
export function titleOf(name: string): string {
  if (!/^[a-z0-9_]+$/.test(name)) return name;
  const words = name.replace(/_+/g, " ").trim();
  const text = words.replace(/^n (?=\S)/, "").replace(/\b(usd|eur|id|url|ai)\b/g, (word) => word.toUpperCase());
  return text.charAt(0).toUpperCase() + text.slice(1);
}
