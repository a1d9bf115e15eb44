// Turns a cell into the text a reader sees. Pure; the same text in tables, numbers, axes and tooltips.
import { format as d3format } from "d3-format";
import { utcFormat } from "d3-time-format";
import type { Format } from "../contract.ts";
import { decimalScale, isInteger, kindOf, toNumber, toTime } from "./types.ts";

export type Formatter = (value: unknown) => string;

export const missing = "–";

const intl = (options: Intl.NumberFormatOptions): Intl.NumberFormat => new Intl.NumberFormat("en-US", options);
const whole = intl({ maximumFractionDigits: 0 });
const two = intl({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
const upToTwo = intl({ maximumFractionDigits: 2 });
const small = intl({ maximumSignificantDigits: 3 });
const compactly = intl({ notation: "compact", maximumSignificantDigits: 3 });
const share0 = intl({ style: "percent", maximumFractionDigits: 0 });
const share1 = intl({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const shareSmall = intl({ style: "percent", maximumSignificantDigits: 1 });

const day = utcFormat("%-d %b %Y");
const month = utcFormat("%b %Y");
const year = utcFormat("%Y");
const minute = utcFormat("%-d %b %Y, %H:%M");

function plain(value: number): string {
  return value === 0 || Math.abs(value) >= 1 ? upToTwo.format(value) : small.format(value);
}

function money(value: number, sign: string): string {
  const size = Math.abs(value);
  // 999.996 would round to 1,000.00: from there on no cents.
  const text = size >= 999.995 ? whole.format(size) : two.format(size);
  return (value < 0 ? "-" : "") + sign + text;
}

const numbers: Record<string, (value: number) => string> = {
  integer: (v) => whole.format(v),
  decimal: (v) => two.format(v),
  number: plain,
  usd: (v) => money(v, "$"),
  eur: (v) => money(v, "€"),
  // A share that isn't zero must not read as zero.
  percent: (v) => (v !== 0 && Math.abs(v) < 0.005 ? shareSmall.format(v) : share0.format(v)),
  percent1: (v) => share1.format(v),
  compact: (v) => compactly.format(v),
};

const times: Record<string, (time: Date) => string> = { date: day, month, year, datetime: minute };

// Thousands separators for whole numbers beyond 2^53, which arrive as text.
function groupDigits(text: string): string {
  const found = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (!found) return text;
  return `${found[1]}${found[2]!.replace(/\B(?=(\d{3})+$)/g, ",")}${found[3] ?? ""}`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return missing;
  if (typeof value === "string") return value;
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

// Years and identifiers are numbers that nobody wants grouped: 2024, not 2,024.
export function isLabelNumber(name: string): boolean {
  return /(^|_)(year|id)$/i.test(name);
}

function byType(type: string, name: string): Formatter {
  const kind = kindOf(type);
  if (kind === "number") {
    if (isInteger(type) && isLabelNumber(name)) return textOf;
    const digits = decimalScale(type);
    const fixed = digits !== null && digits > 0 ? intl({ minimumFractionDigits: digits, maximumFractionDigits: digits }) : null;
    return (value) => {
      if (typeof value === "string") return groupDigits(value);
      const number = toNumber(value);
      if (number === null) return textOf(value);
      return isInteger(type) ? whole.format(number) : fixed ? fixed.format(number) : plain(number);
    };
  }
  if (kind === "date") return timed(day);
  if (kind === "timestamp") return timed(minute);
  return textOf;
}

function timed(format: (time: Date) => string): Formatter {
  return (value) => {
    const time = toTime(value);
    return time === null ? textOf(value) : format(new Date(time));
  };
}

const custom = new Map<string, Formatter | null>();

// A d3 text; null when it is none. d3-time-format takes any text, so it needs a directive in it.
function d3(format: string): Formatter | null {
  let made = custom.get(format);
  if (made === undefined) {
    made = null;
    if (/%-?_?0?[A-Za-z]/.test(format)) {
      made = timed(utcFormat(format));
    } else {
      try {
        const f = d3format(format);
        made = (value) => {
          const number = toNumber(value);
          return number === null ? textOf(value) : f(number);
        };
      } catch {
        made = null;
      }
    }
    custom.set(format, made);
  }
  return made;
}

// `format` undefined: by `type`. `name` is the column's, for years and identifiers.
// A format that doesn't fit the value (a date format on text) leaves the value as it is.
export function formatter(format: Format | undefined, type: string, name = ""): Formatter {
  if (format === undefined || format === "") return byType(type, name);
  if (format === "text") return textOf;
  if (Object.hasOwn(numbers, format)) {
    const f = numbers[format]!;
    return (value) => {
      if (typeof value === "string" && format === "integer" && /^-?\d{16,}$/.test(value)) return groupDigits(value);
      const number = typeof value === "boolean" ? null : toNumber(value);
      return number === null ? textOf(value) : f(number);
    };
  }
  if (Object.hasOwn(times, format)) return timed(times[format]!);
  return d3(format) ?? byType(type, name);
}

const axisMoney: Record<string, string> = { usd: "$", eur: "€" };

// Axis ticks are round numbers in little room: no cents on whole dollars, 20K instead of 20,000.
export function axisFormatter(format: Format | undefined, type: string, name = ""): Formatter {
  const sign = format === undefined ? "" : axisMoney[format];
  if (sign === undefined && format !== "integer" && format !== "number") return formatter(format, type, name);
  if (format === undefined && (kindOf(type) !== "number" || isLabelNumber(name))) return formatter(format, type, name);
  return (value) => {
    const number = toNumber(value);
    if (number === null) return textOf(value);
    const size = Math.abs(number);
    const text = size >= 10_000 ? compactly.format(size) : Number.isInteger(number) ? whole.format(size) : plain(size);
    return (number < 0 ? "-" : "") + (sign ?? "") + text;
  };
}

const shortMonth = utcFormat("%b");
const shortDay = utcFormat("%-d %b");
const clock = utcFormat("%H:%M");

// A tick of a time axis says no more than it must: the year at a year's start and at the first tick.
export function timeTick(time: number, first: boolean): string {
  const date = new Date(time);
  if (time % 86_400_000 !== 0) return first ? `${shortDay(date)} ${clock(date)}` : clock(date);
  if (date.getUTCDate() !== 1) return first ? day(date) : shortDay(date);
  if (date.getUTCMonth() !== 0) return first ? month(date) : shortMonth(date);
  return year(date);
}
