// Values in the address, and finding results by them.
import { expect, test } from "vitest";
import type { Dashboard, Parameter, ParamValue } from "../../src/contract.ts";
import { Embedded } from "../../src/data/built.ts";
import { optionsOf } from "../../src/parameters/options.ts";
import { table } from "./make.ts";
import { canonical, readUrl, resultKey, sameValue, withDefaults, writeUrl } from "../../src/data/values.ts";

const parameters: Parameter[] = [
  { name: "q", label: "", type: "text", default: "" },
  { name: "bins", label: "", type: "slider", default: 20 },
  { name: "countries", label: "", type: "multi_select", default: ["DE"] },
  { name: "period", label: "", type: "date_range", default: { min: "2020-01-01", max: "2024-12-31" } },
  { name: "only", label: "", type: "checkbox", default: false },
  { name: "poll", label: "", type: "dropdown", default: "p0" },
];
const defaults = new Map<string, ParamValue>(parameters.map((p) => [p.name, p.default]));
const over = (changes: Record<string, ParamValue>): Map<string, ParamValue> => new Map([...defaults, ...Object.entries(changes)]);

test("the defaults leave the address empty", () => {
  expect(writeUrl(parameters, defaults).toString()).toBe("");
});

test.each<[Record<string, ParamValue>, string]>([
  [{ bins: 30 }, "bins=30"],
  [{ countries: ["DE", "FR"] }, "countries=DE&countries=FR"],
  [{ countries: [] }, "countries="], // nothing chosen differs from the default, which is DE
  [{ period: { min: "2021-01-01", max: "2021-12-31" } }, "period.min=2021-01-01&period.max=2021-12-31"],
  [{ only: true, q: "a&b=<c>" }, "q=a%26b%3D%3Cc%3E&only=true"],
  [{ poll: null }, "poll="],
])("%j is written as %s and read back", (changes, address) => {
  const values = over(changes);
  expect(writeUrl(parameters, values).toString()).toBe(address);
  expect(readUrl(parameters, new URLSearchParams(address), defaults)).toEqual(values);
});

test("what doesn't fit is ignored", () => {
  expect(readUrl(parameters, new URLSearchParams("bins=many&unknown=1&__proto__=2"), defaults)).toEqual(defaults);
});

test("a report's dashboards have names of their own", () => {
  expect(writeUrl(parameters, over({ bins: 5 }), "users.").toString()).toBe("users.bins=5");
  expect(readUrl(parameters, new URLSearchParams("bins=5"), defaults, "users.")).toEqual(defaults);
});

test("one meaning has one text", () => {
  expect(canonical(10)).toBe(canonical("10"));
  expect(canonical(["b", "a"])).toBe(canonical(["a", "b"]));
  expect(sameValue(null, undefined)).toBe(true);
  expect(sameValue("", null)).toBe(false);
  expect(sameValue(["a,b"], ["a", "b"])).toBe(false);
  expect(resultKey("q", [["a", 1], ["b", 2]])).toBe(resultKey("q", [["b", "2"], ["a", "1"]]));
  expect(resultKey("q", [["a", 1]])).not.toBe(resultKey("p", [["a", 1]]));
});

test("where C++ chose the value, that is the default, unless the address names one", () => {
  const dashboard = { parameters: [{ ...parameters[5]!, default: null }], values: { poll: "p7" } } as unknown as Dashboard;
  expect(withDefaults(dashboard, () => false).parameters[0]!.default).toBe("p7");
  expect(withDefaults(dashboard, (name) => name === "poll").parameters[0]!.default).toBeNull();
});

test("options from a query's rows", () => {
  const t = table({ id: "bigint", title: "string" }, [[1, "One"], [2, null], [1, "Again"], [null, "None"]]);
  expect(optionsOf(t, { value: "id", label: "title" })).toEqual([{ value: "1", label: "One" }, { value: "2", label: "2" }]);
  expect(optionsOf(t, { value: "id", label: "" })).toEqual([{ value: "1", label: "1" }, { value: "2", label: "2" }]);
  expect(optionsOf(t, { value: "nope", label: "title" })).toEqual([]);
  expect(optionsOf(null, { value: "id", label: "title" })).toEqual([]);
});

test("a built page knows which values it holds", () => {
  const dashboard: Dashboard = {
    name: "d", title: "", description: "", parameters, values: Object.fromEntries(defaults), blocks: [],
    queries: { hist: { sql: "", parameters: ["bins"] }, fixed: { sql: "", parameters: ["q"] } },
    results: [10, 20].map((bins) => ({ query: "hist", parameters: { bins } })).concat([{ query: "fixed", parameters: { q: "" } } as never]),
  };
  const embedded = new Embedded(dashboard);
  const bins = parameters[1]!;
  expect(embedded.has(bins, 10, defaults)).toBe(true);
  expect(embedded.has(bins, 15, defaults)).toBe(false);
  expect(embedded.canChange(bins, defaults)).toBe(true);
  expect(embedded.canChange(parameters[0]!, defaults)).toBe(false); // only one value of q is there
  expect(embedded.canChange(parameters[4]!, defaults)).toBe(true); // no query depends on it
});
