import { expect, test } from "vitest";
import { axisFormatter, formatter, timeTick } from "../../src/format/format.ts";
import { kindOf, toNumber, toTime } from "../../src/format/types.ts";

test.each([
  // format, type, value, text
  ["integer", "double", 1234.5, "1,235"],
  ["integer", "bigint", "9007199254740993", "9,007,199,254,740,993"], // beyond 2^53: as text, digit by digit
  ["decimal", "double", 1234.5, "1,234.50"],
  ["number", "double", 0.000123456, "0.000123"],
  ["usd", "double", 12.5, "$12.50"],
  ["usd", "double", 999.99, "$999.99"],
  ["usd", "double", 1234.5, "$1,235"], // no cents from 1000 on
  ["usd", "double", 999.999, "$1,000"],
  ["usd", "double", -3, "-$3.00"],
  ["eur", "decimal(10,2)", "12.30", "€12.30"],
  ["percent", "double", 0.12, "12%"],
  ["percent", "double", 0.003, "0.3%"], // not zero, so it doesn't read as zero
  ["percent", "double", 0, "0%"],
  ["percent1", "double", 0.1028, "10.3%"],
  ["compact", "bigint", 1234567, "1.23M"],
  ["date", "date", "2024-01-02", "2 Jan 2024"],
  ["month", "date", "2024-01-01", "Jan 2024"],
  ["year", "timestamp", "2024-01-01T00:00:00.000Z", "2024"],
  ["datetime", "timestamp", "2024-01-02T03:04:05.678Z", "2 Jan 2024, 03:04"],
  [".1f", "double", 3.14159, "3.1"], // d3-format
  ["%d.%m.%Y", "date", "2024-01-02", "02.01.2024"], // d3-time-format
  [undefined, "bigint", 1234567, "1,234,567"],
  [undefined, "double", 1234.5678, "1,234.57"],
  [undefined, "decimal(10,2)", 5, "5.00"],
  [undefined, "decimal(38,2)", "12345678901234567890.12", "12,345,678,901,234,567,890.12"],
  [undefined, "date", "2024-02-29", "29 Feb 2024"],
  [undefined, "boolean", true, "true"],
  [undefined, "array<string>", ["a", "b"], '["a","b"]'],
  [undefined, "string", "<b>", "<b>"],
  ["usd", "string", "n/a", "n/a"], // a format that doesn't fit leaves the value alone
  ["date", "string", "soon", "soon"],
  ["not a format", "double", 1.5, "1.5"],
  ["__proto__", "double", 1.5, "1.5"],
  ["usd", "double", null, "–"],
  [undefined, "string", null, "–"],
])("%s of %s: %s is %s", (format, type, value, text) => {
  expect(formatter(format, type)(value)).toBe(text);
});

test("years and identifiers are not grouped", () => {
  expect(formatter(undefined, "int", "year")(2024)).toBe("2024");
  expect(formatter(undefined, "bigint", "user_id")(1234567)).toBe("1234567");
  expect(formatter(undefined, "bigint", "paid")(1234567)).toBe("1,234,567");
});

test("axis ticks are short", () => {
  expect(axisFormatter("usd", "double")(200)).toBe("$200");
  expect(axisFormatter("usd", "double")(20_000)).toBe("$20K");
  expect(axisFormatter(undefined, "bigint")(1_500_000)).toBe("1.5M");
  expect(axisFormatter("percent", "double")(0.25)).toBe("25%");
});

test("a time axis names the year where it begins", () => {
  expect(timeTick(Date.UTC(2023, 0, 1), false)).toBe("2023");
  expect(timeTick(Date.UTC(2023, 3, 1), false)).toBe("Apr");
  expect(timeTick(Date.UTC(2023, 3, 1), true)).toBe("Apr 2023");
  expect(timeTick(Date.UTC(2023, 3, 7), false)).toBe("7 Apr");
  expect(timeTick(Date.UTC(2023, 3, 7, 14), false)).toBe("14:00");
});

test("types and cells", () => {
  expect(["bigint", "decimal(10,2)", "DOUBLE", "date", "timestamp_ntz", "array<int>", "struct<a:int>", "string", "boolean"].map(kindOf)).toEqual(
    ["number", "number", "number", "date", "timestamp", "nested", "nested", "text", "boolean"]);
  expect([toNumber("12.5"), toNumber(""), toNumber("x"), toNumber(NaN), toNumber(null)]).toEqual([12.5, null, null, null, null]);
  expect(toTime("2024-01-02")).toBe(Date.UTC(2024, 0, 2));
  expect(toTime("2024-01-02T03:04:05")).toBe(Date.UTC(2024, 0, 2, 3, 4, 5)); // without a zone it is UTC all the same
  expect(toTime("yesterday")).toBeNull();
});
