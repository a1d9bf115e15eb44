// Which rows, in which order: search and sort, without touching the table.
import type { Table } from "../contract.ts";
import { kindOf, toNumber } from "../format/types.ts";

export interface Sort {
  column: number;
  down: boolean;
}

// Each row's text, lower case, made once for a table that is searched.
const texts = new WeakMap<Table, string[]>();

function textsOf(table: Table): string[] {
  let made = texts.get(table);
  if (!made) {
    made = Array.from({ length: table.rows }, (_, row) => table.data.map((values) => textOf(values[row])).join("\n").toLowerCase());
    texts.set(table, made);
  }
  return made;
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

// Every word must occur in the row. Empty cells come last, whichever way it is sorted.
export function orderRows(table: Table, search: string, sort: Sort | null): number[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  let rows = Array.from({ length: table.rows }, (_, i) => i);
  if (words.length > 0) {
    const all = textsOf(table);
    rows = rows.filter((row) => words.every((word) => all[row]!.includes(word)));
  }
  if (!sort) return rows;
  const values = table.data[sort.column] ?? [];
  const sign = sort.down ? -1 : 1;
  const empty = (value: unknown): boolean => value === null || value === undefined;
  const compare: (a: unknown, b: unknown) => number =
    kindOf(table.columns[sort.column]?.type ?? "string") === "number" ? (a, b) => (toNumber(a) ?? 0) - (toNumber(b) ?? 0) : byText;
  return rows.sort((a, b) => {
    const [x, y] = [values[a], values[b]];
    if (empty(x) || empty(y)) return Number(empty(x)) - Number(empty(y)) || a - b;
    return sign * compare(x, y) || a - b;
  });
}

const collator = new Intl.Collator("en", { numeric: true });

function byText(a: unknown, b: unknown): number {
  return collator.compare(textOf(a), textOf(b));
}
