import type { ControlProps } from "./Control.tsx";
import { DateField } from "./fields.tsx";

// Two days; an end before the start moves the other along instead of being refused.
export function DateRange({ id, value, set, disabled, parameter }: ControlProps): React.ReactNode {
  const range = value !== null && typeof value === "object" && !Array.isArray(value) ? value : { min: "", max: "" };
  const change = (end: "min" | "max", day: string): void => {
    const next = { ...range, [end]: day };
    if (next.min && next.max && next.min > next.max) next[end === "min" ? "max" : "min"] = day;
    set(next);
  };
  const limits = { min: parameter.min === undefined ? undefined : String(parameter.min), max: parameter.max === undefined ? undefined : String(parameter.max) };
  return (
    <span className="date-range" role="group" aria-labelledby={`${id}-label`}>
      <DateField aria-label={`${parameter.label || parameter.name}, from`} value={range.min ?? ""} disabled={disabled} {...limits} set={(day) => change("min", day ?? "")} />
      <span aria-hidden="true">–</span>
      <DateField aria-label={`${parameter.label || parameter.name}, to`} value={range.max ?? ""} disabled={disabled} {...limits} set={(day) => change("max", day ?? "")} />
    </span>
  );
}
