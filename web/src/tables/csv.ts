// A table as CSV, safe to open in a spreadsheet: text that would be taken for a formula gets an apostrophe before it.
import type { Table } from "../contract.ts";
import { kindOf } from "../format/types.ts";

export function csv(table: Table, order: readonly number[] | null = null): string {
  const kinds = table.columns.map((column) => kindOf(column.type));
  const lines = [table.columns.map((column) => field(column.name, false)).join(",")];
  const rows = order ?? Array.from({ length: table.rows }, (_, i) => i);
  for (const row of rows) lines.push(table.data.map((values, i) => field(values[row], kinds[i] === "number")).join(","));
  return lines.join("\r\n") + "\r\n";
}

function field(value: unknown, number: boolean): string {
  if (value === null || value === undefined) return "";
  let text = typeof value === "object" ? JSON.stringify(value) : String(value);
  // A number may begin with a minus; anything else that begins like a formula is defused.
  if (!(number && Number.isFinite(Number(text))) && /^[=+\-@\t\r\n＝＋－＠]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
