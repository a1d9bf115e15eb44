import type { Option, Parameter, ParamValue } from "../contract.ts";
import { formatter } from "../format/format.ts";

const date = formatter("date", "date");

// A value in words, as printed pages show it.
export function valueText(parameter: Parameter, value: ParamValue, options: readonly Option[]): string {
  const label = (v: string): string => options.find((o) => o.value === v)?.label ?? v;
  if (Array.isArray(value)) return value.length === 0 ? "all" : value.map(label).join(", ");
  if (value !== null && typeof value === "object") return `${value.min ? date(value.min) : "…"} to ${value.max ? date(value.max) : "…"}`;
  if (value === null || value === "") return "any";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return parameter.type === "date" ? date(value) : label(String(value));
}
