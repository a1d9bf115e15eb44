import { expect, test } from "vitest";
import { holds } from "../../src/blocks/condition.ts";
import type { Table } from "../../src/contract.ts";
import { columnIndex, titleOf } from "../../src/data/table.ts";
import { csv } from "../../src/tables/csv.ts";
import { orderRows } from "../../src/tables/order.ts";
import { table } from "./make.ts";

const people: Table = table({ name: "string", n: "bigint" }, [["Ada", 10], ["bob", 9], [null, null], ["Čeněk", "9007199254740993"], ["ada 2", -1]]);

test("CSV quotes what must be quoted and defuses formulas", () => {
  const t = table({ "a,b": "string", n: "double" }, [
    ["=HYPERLINK(\"x\")", -1.5], ["+1", 2], ["-1", 3], ["@cmd", 4], ["\tx", 5], ["say \"hi\"\nthere", null], ["plain", "9007199254740993"],
  ]);
  expect(csv(t)).toBe(
    ['"a,b",n', "\"'=HYPERLINK(\"\"x\"\")\",-1.5", "'+1,2", "'-1,3", "'@cmd,4", "'\tx,5", '"say ""hi""\nthere",', "plain,9007199254740993", ""].join("\r\n"));
});

test("a number column is not trusted to hold numbers", () => {
  expect(csv(table({ n: "bigint" }, [["-1+cmd|' /C calc'!A0"]]))).toContain("'-1+cmd");
});

test("sorting: numbers by value, text by language, empty cells last either way", () => {
  expect(orderRows(people, "", { column: 1, down: false })).toEqual([4, 1, 0, 3, 2]);
  expect(orderRows(people, "", { column: 1, down: true })).toEqual([3, 0, 1, 4, 2]);
  expect(orderRows(people, "", { column: 0, down: false })).toEqual([0, 4, 1, 3, 2]);
});

test("searching: every word, anywhere in the row", () => {
  expect(orderRows(people, "ADA", null)).toEqual([0, 4]);
  expect(orderRows(people, "ada -1", null)).toEqual([4]);
  expect(orderRows(people, "nobody", null)).toEqual([]);
});

test("columns are found by name, exactly first, whatever it is", () => {
  const t = table({ __proto__x: "int", A: "int", a: "int" }, []);
  t.columns.push({ name: "__proto__", type: "int" });
  expect([columnIndex(t, "a"), columnIndex(t, "A"), columnIndex(t, "__proto__"), columnIndex(t, "constructor")]).toEqual([2, 1, 3, -1]);
});

test("titles", () => {
  expect(["n_votes", "support_usd", "user_id", "Net €", "type"].map(titleOf)).toEqual(["Votes", "Support USD", "User ID", "Net €", "Type"]);
});

test.each([
  ["n", ">", 5, true], ["n", "<=", 5, false], ["n", "=", 10, true], ["n", "=", "10", true], ["n", "!=", null, true], ["n", "=", null, false],
  ["name", "=", "Ada", true], ["name", "<", "B", true], ["gone", "=", null, true], ["gone", ">", 0, false], ["gone", "!=", 1, false],
] as const)("if %s %s %j: %s", (column, op, value, expected) => {
  const t = table({ name: "string", n: "bigint", gone: "int" }, [["Ada", 10, null]]);
  expect(holds({ query: "q", column, op, value }, t)).toBe(expected);
});

test("if: no row is like NULL", () => {
  const t = table({ n: "bigint" }, []);
  expect(holds({ query: "q", column: "n", op: ">", value: 0 }, t)).toBe(false);
  expect(holds({ query: "q", column: "n", op: "=", value: null }, t)).toBe(true);
});
