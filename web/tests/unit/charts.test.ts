// Each kind of chart: what rows it draws, in which order, and what it says about them. That Vega-Lite accepts the specs is
// compiled.test.ts's business.
import { expect, test } from "vitest";
import { periodEnd, periodOf, safeColour, series } from "../../src/charts/channels.ts";
import { compile } from "../../src/charts/compile.ts";
import { logTicks } from "../../src/charts/config.ts";
import { ChartProblem, type Drawing } from "../../src/charts/drawing.ts";
import { fullRows, fullSpec } from "../../src/charts/full.ts";
import { five } from "../../src/charts/kinds/box.ts";
import { binned } from "../../src/charts/kinds/histogram.ts";
import type { ChartSpec, Table } from "../../src/contract.ts";
import { context, table } from "./make.ts";

const votes = table({ month: "date", type: "string", n: "bigint", fit: "double", lo: "double", hi: "double" }, [
  ["2024-02-01", "poll", 5, 4, 3, 6], ["2024-01-01", "poll", 3, 3, 2, 4], ["2024-01-01", "text", 10, 9, 8, 11], ["2024-03-01", "poll", null, 6, 5, 7],
]);
const countries = table({ country: "string", users: "bigint", patrons: "bigint" }, [["US", 5, 1], ["DE", 30, 4], ["FR", 10, 3]]);
const draw = (spec: Partial<ChartSpec>, t: Table, more = {}): Drawing => compile({ query: "q", ...spec } as ChartSpec, t, context(more));
const rows = (d: Drawing, name = "rows"): unknown[] => d.data.get(name)!;
const column = (d: Drawing, field: string): unknown[] => d.data.get("rows")!.map((row) => row[field]);

test("line: in time's order, with a dot for a series of one point", () => {
  const d = draw({ chart: "line", x: "month", y: "n", color: "type" }, votes);
  expect(column(d, "x")).toEqual([Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 1), Date.UTC(2024, 1, 1)]);
  expect(d.legend.map((l) => l.name)).toEqual(["text", "poll"]); // heaviest first
  expect(d.hover!.stops.map((s) => s.title)).toEqual(["Jan 2024", "Feb 2024"]);
  expect(d.hover!.stops[0]!.lines.map((l) => `${l.name} ${l.value}`)).toEqual(["text 10", "poll 3"]);
  expect(d.summary).toBe("Line chart: N by Month for 2 series (text, poll), Jan 2024 to Feb 2024. 3 values. Highest 10 (Jan 2024, text), lowest 3 (Jan 2024, poll).");
});

test("line: a forecast has bounds and trend where there is no value", () => {
  const d = draw({ chart: "line", x: "month", y: "n", color: "type", band: ["lo", "hi"], trend: "fit" }, votes);
  expect(d.data.get("rows")!.at(-1)).toMatchObject({ x: Date.UTC(2024, 2, 1), y: null, t: 6, lo: 5, hi: 7, s: "poll" });
  expect(d.legend.at(-1)).toMatchObject({ name: "Trend", dashed: true });
  expect(d.hover!.stops.at(-1)).toMatchObject({ title: "Mar 2024", lines: [{ name: "poll", value: "–", note: "trend 6, 5 to 7" }] });
});

test("line: several y columns are series", () => {
  const d = draw({ chart: "line", x: "country", y: ["users", "patrons"] }, countries);
  expect(d.legend.map((l) => l.name)).toEqual(["Users", "Patrons"]);
  expect(rows(d)).toHaveLength(6);
});

test("a hidden series has no rows but keeps its colour and its place in the legend", () => {
  const slots = new Map<string, number>();
  const all = draw({ chart: "line", x: "month", y: "n", color: "type" }, votes, { slots });
  const some = draw({ chart: "line", x: "month", y: "n", color: "type" }, votes, { slots, hidden: new Set(["text"]) });
  expect(column(some, "s")).toEqual(["poll", "poll"]);
  expect(some.legend).toEqual(all.legend);
  expect(JSON.stringify(some.spec)).toBe(JSON.stringify(all.spec)); // so only data are exchanged
});

test("series keep their colours when others leave", () => {
  const slots = new Map<string, number>();
  const before = series(new Map([["a", 3], ["b", 2], ["c", 1]]), context({ slots }), undefined);
  const after = series(new Map([["c", 1], ["d", 9]]), context({ slots }), undefined);
  expect(after.colours[after.names.indexOf("c")]).toBe(before.colours[before.names.indexOf("c")]);
  expect(new Set(after.colours).size).toBe(2);
});

test("beyond the palette series share a grey, and the note says how many", () => {
  const s = series(new Map(Array.from({ length: 12 }, (_, i) => [`s${i}`, 12 - i])), context(), undefined);
  expect(s.legend).toHaveLength(8);
  expect(new Set(s.colours.slice(8)).size).toBe(1);
  expect(s.note).toBe("4 smaller series are grey.");
});

test("bar: text is sorted by size, `sort: none` and numbers keep their order", () => {
  expect(column(draw({ chart: "bar", x: "country", y: "users" }, countries), "x")).toEqual(["DE", "FR", "US"]);
  expect(column(draw({ chart: "bar", x: "country", y: "users", sort: "none" }, countries), "x")).toEqual(["US", "DE", "FR"]);
  expect(column(draw({ chart: "bar", x: "country", y: "users", sort: "x" }, countries), "x")).toEqual(["DE", "FR", "US"]);
  expect(column(draw({ chart: "bar", x: "country", y: "users", sort: "-patrons", limit: 2 }, countries), "x")).toEqual(["DE", "FR"]);
  const options = table({ option: "int", n: "int" }, [[10, 1], [2, 7], [1, 3]]);
  expect(column(draw({ chart: "bar", x: "option", y: "n" }, options), "x")).toEqual(["1", "2", "10"]);
});

test("bar: rows of one place are one bar, and the chart says so", () => {
  const d = draw({ chart: "bar", x: "k", y: "n" }, table({ k: "string", n: "int" }, [["a", 1], ["b", 5], ["a", 2], [null, 3], ["", 4]]));
  expect(d.data.get("rows")!.map((r) => [r["x"], r["y"]])).toEqual([["(none)", 7], ["b", 5], ["a", 3]]);
  expect(d.notes).toEqual(["Rows with the same k are added up."]);
});

test("bar: a limit says what it leaves out", () => {
  expect(draw({ chart: "bar", x: "country", y: "users", limit: 2 }, countries).notes).toEqual(["The first 2 of 3."]);
});

test("bar over time: from the start to the end of each month", () => {
  const d = draw({ chart: "bar", x: "month", y: "n", color: "type" }, votes);
  expect(d.data.get("rows")![0]).toMatchObject({ x: Date.UTC(2024, 0, 1), x2: Date.UTC(2024, 1, 1) });
  expect(d.hover!.stops[0]!.lines.at(-1)).toMatchObject({ name: "Total", value: "13" });
});

test.each([
  [{ color: "type" }, [[0, 10], [10, 13], [0, 5]]],
  [{ color: "type", stack: "normalize" }, [[0, 10 / 13], [10 / 13, 1], [0, 1]]],
] as const)("bar over time %j: piled up", (more, ends) => {
  expect(draw({ chart: "bar", x: "month", y: "n", ...more }, votes).data.get("rows")!.map((r) => [r["y0"], r["y"]])).toEqual(ends);
});

test("bar over time: negative values pile downwards", () => {
  const t = table({ d: "date", k: "string", n: "int" }, [["2024-01-01", "a", 5], ["2024-01-01", "b", -2], ["2024-01-01", "c", -1]]);
  expect(draw({ chart: "bar", x: "d", y: "n", color: "k" }, t).data.get("rows")!.map((r) => [r["y0"], r["y"]])).toEqual([[0, 5], [0, -2], [-2, -3]]);
});

test.each([
  [{ color: "patrons" }, "zero"], [{ color: "patrons", stack: "normalize" }, "normalize"], [{ y: ["users", "patrons"] }, null],
] as const)("bar %j: stack %s", (more, stack) => {
  expect(JSON.stringify(draw({ chart: "bar", x: "country", y: "users", ...more } as Partial<ChartSpec>, countries).spec)).toContain(`"stack":${JSON.stringify(stack)}`);
});

test("area: stacked areas have every series at every place", () => {
  const d = draw({ chart: "area", x: "month", y: "n", color: "type" }, votes);
  expect(d.data.get("rows")!.filter((r) => r["s"] === "text").map((r) => r["y"])).toEqual([10, 0]);
});

test("pie: largest first, the rest together, shares in the legend", () => {
  const many = table({ k: "string", v: "int" }, Array.from({ length: 12 }, (_, i) => [`k${i}`, 12 - i]));
  const d = draw({ chart: "pie", color: "k", value: "v" }, many);
  expect(column(d, "s")).toEqual(["k0", "k1", "k2", "k3", "k4", "k5", "k6", "Others"]);
  expect(d.data.get("rows")!.reduce((sum, r) => sum + Number(r["value"]), 0)).toBe(78);
  expect(d.legend[0]!.note).toBe("15.4%");
});

test("histogram: bins as asked for, as numpy makes them", () => {
  const bins = binned([1, 2, 2, 3, 9], 4, false);
  expect(bins.map((b) => [b.from, b.to, b.count])).toEqual([[1, 3, 3], [3, 5, 1], [5, 7, 0], [7, 9, 1]]);
  expect(binned([5, 5], 10, false)).toEqual([{ from: 4.5, to: 5.5, count: 2 }]);
  expect(binned([], 10, false)).toEqual([]);
  expect(binned([1, 10, 100, 1000], 3, true).map((b) => b.count)).toEqual([1, 1, 2]);
});

test("histogram: a log axis has no zero", () => {
  const t = table({ a: "double", b: "double", n: "int" }, [[0, 10, 100], [10, 20, 0], [20, 30, 1]]);
  const d = draw({ chart: "histogram", x: "a", bin_end: "b", y: "n", scale: "log" }, t);
  expect(column(d, "y")).toEqual([100, 1]);
  expect(column(d, "y0")).toEqual([0.5, 0.5]);
  expect(d.summary).toContain("3 bins, 101 in total. Most (100) lie in 0 to 10.");
});

test("log ticks: powers of ten, with 2 and 5 where these are few", () => {
  expect(logTicks(1, 5000)).toEqual([1, 10, 100, 1000]);
  expect(logTicks(1, 60)).toEqual([1, 2, 5, 10, 20, 50]);
});

test("box: quartiles between neighbours, whiskers within 1.5 boxes", () => {
  const b = five([1, 2, 3, 4, 5, 6, 7, 8, 9, 100]);
  expect([b.q1, b.median, b.q3, b.low, b.high, b.outside]).toEqual([3.25, 5.5, 7.75, 1, 9, [100]]);
  expect(five([7])).toMatchObject({ low: 7, q1: 7, median: 7, q3: 7, high: 7, outside: [] });
});

test("heat map: times in order, categories as they come, empty cells stay empty", () => {
  const t = table({ day: "string", m: "date", n: "int" }, [["Tue", "2024-02-01", 3], ["Mon", "2024-01-01", null]]);
  const d = draw({ chart: "heatmap", x: "m", y: "day", value: "n" }, t);
  expect(JSON.stringify(d.spec)).toContain('"domain":["Jan 2024","Feb 2024"]');
  expect(JSON.stringify(d.spec)).toContain('"domain":["Tue","Mon"]');
  expect(d.summary).toContain("Highest at Tue, Feb 2024.");
});

test("scatter: rows without both numbers are left out", () => {
  const t = table({ a: "double", b: "double" }, [[1, 2], [null, 3], [4, null], [5, 6]]);
  expect(rows(draw({ chart: "scatter", x: "a", y: "b" }, t))).toHaveLength(2);
  expect(rows(draw({ chart: "scatter", x: "a", y: "b", scale: "log" }, table({ a: "int", b: "int" }, [[1, 0], [2, 1]])))).toHaveLength(1);
});

test("two axes: each its own legend entry and place", () => {
  const d = draw({ chart: "bar", x: "country", y: "users", y2: "patrons" }, countries);
  expect(d.legend.map((l) => l.name)).toEqual(["Users", "Patrons"]);
  expect(rows(d)).toEqual([{ x: "DE", y: 30, y2: 4 }, { x: "FR", y: 10, y2: 3 }, { x: "US", y: 5, y2: 1 }]);
});

test("map: the rows keep the country's text; the runner finds its shape", () => {
  expect(rows(draw({ chart: "map", country: "country", value: "users" }, countries))[0]).toMatchObject({ country: "US", v: 5 });
});

test("mistakes name what there is", () => {
  const problem = (spec: Partial<ChartSpec>): string => {
    try {
      draw(spec, countries);
    } catch (error) {
      if (error instanceof ChartProblem) return error.message;
    }
    return "no problem";
  };
  expect(problem({ chart: "bar", x: "land", y: "users" })).toBe("x: there is no column land. Columns: country, users, patrons.");
  expect(problem({ chart: "bar", x: "country" })).toBe("A bar chart needs y: the name of a column.");
  expect(problem({ chart: "heatmap", x: "country", y: "users" })).toContain("needs value");
  expect(problem({ chart: "sunburst" as never })).toContain("There is no chart sunburst");
});

test("no rows, or only NULLs, is an empty chart and not a failure", () => {
  const kinds: Partial<ChartSpec>[] = [
    { chart: "line", x: "a", y: "b" }, { chart: "bar", x: "a", y: "b" }, { chart: "bar", x: "a", y: "b", horizontal: true }, { chart: "area", x: "a", y: "b" },
    { chart: "pie", color: "a", value: "b" }, { chart: "histogram", x: "b" }, { chart: "scatter", x: "a", y: "b" }, { chart: "box", x: "a", y: "b" },
    { chart: "bar", x: "a", y: "b", y2: "b" }, { chart: "map", country: "a", value: "b" },
  ];
  for (const spec of kinds) {
    expect(draw(spec, table({ a: "string", b: "int" }, [])).empty, spec.chart).toBe(true);
    expect(draw(spec, table({ a: "string", b: "int" }, [[null, null]])).empty, spec.chart).toBe(true);
  }
});

test("periods", () => {
  const at = (...days: string[]): number[] => days.map((d) => Date.parse(`${d}T00:00:00Z`));
  expect(periodOf(at("2023-01-01", "2024-01-01"))).toBe("year");
  expect(periodOf(at("2024-01-01", "2024-03-01"))).toBe("month");
  expect(periodOf(at("2024-01-01", "2024-01-08", "2024-01-22"))).toBe("week");
  expect(periodOf(at("2024-01-01", "2024-01-02"))).toBe("day");
  expect(periodOf([Date.UTC(2024, 0, 1, 5)])).toBe("time");
  expect(periodEnd(Date.UTC(2024, 1, 1), "month", 0)).toBe(Date.UTC(2024, 2, 1));
});

test("only colours are colours", () => {
  expect(["#a1b2c3", "teal", "rgb(1, 2, 3)"].map(safeColour)).toEqual(["#a1b2c3", "teal", "rgb(1, 2, 3)"]);
  expect(["url(x)", "red;}", "expression(1)", 5].map(safeColour)).toEqual([null, null, null, null]);
});

test("full Vega-Lite: no address, only this chart's queries, the author's config over ours", () => {
  expect(() => fullSpec({ data: { url: "https://x" }, mark: "bar" }, [], "light")).toThrow("loads nothing");
  expect(() => fullSpec({ layer: [{ data: { name: "other" } }] }, ["mine"], "light")).toThrow("there is no query other. Queries of this chart: mine.");
  const { spec } = fullSpec({ data: { name: "mine" }, mark: "bar", config: { axis: { labelFontSize: 20 } } }, ["mine"], "dark");
  expect(spec).toMatchObject({ autosize: { type: "fit" }, config: { axis: { labelFontSize: 20, titleFontSize: 12 } } });
});

test("full Vega-Lite: rows by column name, also a dangerous one, with numbers as numbers", () => {
  const t = table({ n: "bigint", d: "date" }, [["9007199254740993", "2024-01-02"]]);
  t.columns.push({ name: "__proto__", type: "string" });
  t.data.push(["x"]);
  const row = fullRows(t, { encoding: { x: { scale: { type: "utc" } } } })[0]!;
  expect(Object.keys(row)).toEqual(["n", "d", "__proto__"]);
  expect([row["n"], row["d"]]).toEqual([9007199254740992, Date.UTC(2024, 0, 2)]);
  const local = fullRows(t, {})[0]!["d"] as number;
  expect(new Date(local).getDate()).toBe(2); // the same day on a local axis, wherever the reader is
});
