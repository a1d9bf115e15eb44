import type { Option, Table } from "../contract.ts";
import { cell, columnIndex } from "../data/table.ts";

// Options that are a query's rows: each value once, NULL never. Without the label's column the value is its own label.
export function optionsOf(table: Table | null, from: { value: string; label: string }): Option[] {
  const [value, label] = table ? [columnIndex(table, from.value), columnIndex(table, from.label || from.value)] : [-1, -1];
  if (!table || value < 0) return [];
  const seen = new Set<string>();
  const options: Option[] = [];
  for (let row = 0; row < table.rows; row += 1) {
    const key = cell(table, value, row);
    if (key === null || seen.has(String(key))) continue;
    seen.add(String(key));
    options.push({ value: String(key), label: String(cell(table, label < 0 ? value : label, row) ?? key) });
  }
  return options;
}
