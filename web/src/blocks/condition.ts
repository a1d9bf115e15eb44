import type { Condition, Table } from "../contract.ts";
import { cell, columnIndex } from "../data/table.ts";

// Compares the first row's cell as SQL would, but for NULL: `= null` and `!= null` ask whether there is a value.
// Any other comparison with NULL, or with no row at all, is false.
export function holds(condition: Condition, table: Table): boolean {
  const left = table.rows > 0 ? cell(table, columnIndex(table, condition.column), 0) : null;
  const right = condition.value;
  if (right === null) return condition.op === "=" ? left === null : condition.op === "!=" ? left !== null : false;
  if (left === null) return false;
  const [a, b] = pair(left, right);
  switch (condition.op) {
    case "=":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

// Numbers as numbers, though large ones arrive as text; everything else as text, so dates compare as dates do.
function pair(left: unknown, right: string | number | boolean): [number, number] | [string, string] {
  if (typeof right === "number") return [Number(left), right];
  if (typeof left === "number" && right !== "" && Number.isFinite(Number(right))) return [left, Number(right)];
  return [String(left), String(right)];
}
