// Vega-Lite takes every spec without a warning, and Vega draws it without eval, into SVG.
import { expect, test, vi } from "vitest";
import { expressionFunction, parse, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile as vegaLite } from "vega-lite";
import { compile } from "../../src/charts/compile.ts";
import type { ChartSpec } from "../../src/contract.ts";
import { countryId, unmapped, worldRows } from "../../src/vega/countries.ts";
// @ts-expect-error: plain JavaScript, shared with the browser test
import { chartSpecs, defaults, result } from "../browser/fixtures.mjs";
import { context } from "./make.ts";

expressionFunction("tarnAxis", (value: unknown) => String(value));
expressionFunction("tarnTick", (value: unknown) => String(value));

const fine = Object.entries(chartSpecs as Record<string, ChartSpec>).filter(([name]) => !["wrong", "broken"].includes(name));

test.each(fine)("%s", async (_name, spec) => {
  for (const theme of ["light", "dark"] as const) {
    const drawing = compile(spec, result(spec.query, defaults()).table, context({ theme }));
    const warn = vi.fn();
    const logger = { level: () => logger, error: warn, warn, info: () => logger, debug: () => logger } as never;
    const compiled = vegaLite(drawing.spec as never, { logger }).spec;
    expect(warn.mock.calls).toEqual([]);
    const view = new View(parse(compiled, {}, { ast: true }), { renderer: "none", expr: expressionInterpreter } as never);
    for (const { name } of compiled.data ?? []) {
      const data = name === "world" ? worldRows() : drawing.data.get(name);
      if (data) view.data(name, data.map((row) => ({ ...row, ...("country" in row ? { id: countryId(String(row["country"])) } : {}) })));
    }
    const svg = await view.toSVG();
    if (!drawing.empty) expect(svg).toMatch(/<path [^>]*d="M/);
    expect(svg).not.toMatch(/NaN|undefined|<script|<img/);
    view.finalize();
  }
});

test("countries by code and by name", () => {
  expect(["DE", "deu", "Germany", "276", "USA", "United States", "Czechia", "Czech Republic", "UK", "Türkiye", "Côte d'Ivoire", "South Korea"].map(countryId)).toEqual(
    ["276", "276", "276", "276", "840", "840", "203", "203", "826", "792", "384", "410"]);
  expect(countryId("Atlantis")).toBeNull();
  expect(unmapped(["DE", "MT", "Atlantis"])).toEqual(["MT", "Atlantis"]);
});
