// What a Spark type means for the eye: how to align, sort, format and plot it.
export type Kind = "number" | "date" | "timestamp" | "boolean" | "text" | "nested";

const integers = new Set(["tinyint", "smallint", "int", "integer", "bigint", "long", "short", "byte", "hugeint"]);

export function kindOf(type: string): Kind {
  const base = type.toLowerCase().replace(/[(<].*$/s, "").trim();
  if (integers.has(base) || base === "double" || base === "float" || base === "real" || base === "decimal") return "number";
  if (base === "date") return "date";
  if (base.startsWith("timestamp")) return "timestamp";
  if (base === "boolean") return "boolean";
  if (base === "array" || base === "map" || base === "struct" || base === "variant") return "nested";
  return "text";
}

export function isInteger(type: string): boolean {
  const base = type.toLowerCase();
  return integers.has(base) || /^decimal\(\d+,\s*0\)$/.test(base);
}

// Digits after the point of a decimal; null for other types.
export function decimalScale(type: string): number | null {
  const found = /^decimal\(\d+,\s*(\d+)\)$/i.exec(type);
  return found ? Number(found[1]) : null;
}

// A cell as a number, null when it isn't one. Large bigints and decimals arrive as text.
export function toNumber(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string" && value.trim() !== "") {
    const number = Number(value);
    return Number.isFinite(number) ? number : null;
  }
  return null;
}

const isoDate = /^([+-]?\d{4,6})-(\d{2})(?:-(\d{2}))?(?:[T ].*)?$/;

// DATE and TIMESTAMP cells as milliseconds since 1970 in UTC; null when the text is no date.
// Everything on the page is shown in UTC, so that two readers see the same day.
export function toTime(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || !isoDate.test(value)) return null;
  let text = value.length === 7 ? `${value}-01` : value.replace(" ", "T");
  if (text.includes("T") && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(text)) text += "Z";
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
