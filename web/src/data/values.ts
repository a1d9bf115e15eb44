// Parameter values: comparing them, finding results by them, and writing them into the page's address.
import type { Dashboard, Parameter, ParamValue } from "../contract.ts";

export type Values = ReadonlyMap<string, ParamValue>;

export function valuesOf(dashboard: Dashboard): Map<string, ParamValue> {
  return new Map(dashboard.parameters.map((p) => [p.name, Object.hasOwn(dashboard.values, p.name) ? dashboard.values[p.name]! : p.default]));
}

// A parameter without a default (the first of a query's options, say) has the value that C++ chose for it. Unless the
// address names it, that is its default: choosing nothing is no change.
export function withDefaults(dashboard: Dashboard, named: (name: string) => boolean): Dashboard {
  const parameters = dashboard.parameters.map((p) =>
    p.default === null && Object.hasOwn(dashboard.values, p.name) && !named(p.name) ? { ...p, default: dashboard.values[p.name]! } : p,
  );
  return { ...dashboard, parameters };
}

// One text for one meaning: 10 and "10" are the same, and so are two orders of a multi-select.
export function canonical(value: ParamValue | undefined): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return JSON.stringify([...value].map(String).sort());
  if (typeof value === "object") return JSON.stringify([value.min, value.max].map((v) => v ?? ""));
  return JSON.stringify(String(value));
}

export function sameValue(a: ParamValue | undefined, b: ParamValue | undefined): boolean {
  return canonical(a) === canonical(b);
}

// The name under which a result is kept: the query and the values it depends on.
export function resultKey(query: string, parameters: Iterable<readonly [string, ParamValue]>): string {
  return JSON.stringify([query, [...parameters].map(([name, value]) => [name, canonical(value)]).sort((a, b) => (a[0]! < b[0]! ? -1 : 1))]);
}

// Values -> address. Only what differs from the default; `prefix` tells a report's dashboards apart.
export function writeUrl(parameters: readonly Parameter[], values: Values, prefix = ""): URLSearchParams {
  const search = new URLSearchParams();
  for (const parameter of parameters) {
    const value = values.get(parameter.name) ?? null;
    if (sameValue(value, parameter.default)) continue;
    const name = prefix + parameter.name;
    if (Array.isArray(value)) {
      // An empty choice differs from no word about it.
      if (value.length === 0) search.append(name, "");
      for (const item of value) search.append(name, item);
    } else if (value !== null && typeof value === "object") {
      search.append(`${name}.min`, value.min ?? "");
      search.append(`${name}.max`, value.max ?? "");
    } else {
      search.append(name, value === null ? "" : String(value));
    }
  }
  return search;
}

// Address -> values. What the address doesn't name keeps `base`; what doesn't fit a type is ignored.
export function readUrl(parameters: readonly Parameter[], search: URLSearchParams, base: Values, prefix = ""): Map<string, ParamValue> {
  const values = new Map(base);
  for (const parameter of parameters) {
    const name = prefix + parameter.name;
    if (parameter.type === "date_range") {
      const min = search.get(`${name}.min`);
      const max = search.get(`${name}.max`);
      if (min === null && max === null) continue;
      const old = base.get(parameter.name);
      const range = old !== null && typeof old === "object" && !Array.isArray(old) ? old : { min: "", max: "" };
      values.set(parameter.name, { min: min ?? range?.min ?? "", max: max ?? range?.max ?? "" });
    } else if (search.has(name)) {
      const value = fromText(parameter, search.getAll(name));
      if (value !== undefined) values.set(parameter.name, value);
    }
  }
  return values;
}

function fromText(parameter: Parameter, texts: string[]): ParamValue | undefined {
  const text = texts[texts.length - 1] ?? "";
  switch (parameter.type) {
    case "multi_select":
      return texts.filter((item) => item !== "");
    case "number":
    case "slider": {
      if (text === "") return null;
      const number = Number(text);
      return Number.isFinite(number) ? number : undefined;
    }
    case "checkbox":
      return text === "true" || text === "1";
    case "date":
    case "dropdown":
      return text === "" ? null : text;
    default:
      return text;
  }
}
