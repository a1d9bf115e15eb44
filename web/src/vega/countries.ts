// Country codes and English names -> shapes. Codes: ISO 3166-1 (alpha-2, alpha-3, numeric); shapes: Natural Earth 1:110 m.
import codes from "i18n-iso-countries/codes.json";
import english from "i18n-iso-countries/langs/en.json";
import { feature } from "topojson-client";
import atlas from "world-atlas/countries-110m.json";

interface Shape {
  id?: string | number;
  properties: { name?: string } | null;
}

let shapes: Shape[] | null = null;
let byText: Map<string, string> | null = null;

// Names people write that are neither ISO's nor Natural Earth's.
const alsoCalled: Record<string, string> = {
  usa: "840", "u.s.": "840", "u.s.a.": "840", us: "840", uk: "826", "great britain": "826", england: "826", russia: "643",
  "south korea": "410", "north korea": "408", iran: "364", syria: "760", vietnam: "704", laos: "418", bolivia: "068",
  venezuela: "862", tanzania: "834", moldova: "498", czechia: "203", "czech republic": "203", turkey: "792", türkiye: "792",
  taiwan: "158", "ivory coast": "384", "cape verde": "132", swaziland: "748", macedonia: "807", burma: "104", brunei: "096",
  "democratic republic of the congo": "180", "republic of the congo": "178", congo: "178", palestine: "275", holland: "528",
};

function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

function index(): Map<string, string> {
  if (byText) return byText;
  byText = new Map();
  const numeric = new Map<string, string>();
  for (const [two, three, number] of codes as [string, string, string][]) {
    numeric.set(two, number);
    for (const text of [two, three, number]) byText.set(fold(text), number);
  }
  for (const [two, names] of Object.entries(english.countries as Record<string, string | string[]>)) {
    const number = numeric.get(two);
    if (number) for (const name of [names].flat()) byText.set(fold(name), number);
  }
  for (const [name, number] of Object.entries(alsoCalled)) byText.set(fold(name), number);
  for (const shape of world()) {
    const name = shape.properties?.name;
    if (name && shape.id !== undefined && !byText.has(fold(name))) byText.set(fold(name), String(shape.id));
  }
  return byText;
}

// Antarctica takes a fifth of the picture and has no countries.
function world(): Shape[] {
  shapes ??= (feature(atlas as never, (atlas as { objects: { countries: unknown } }).objects.countries as never) as unknown as { features: Shape[] }).features.filter(
    (shape) => String(shape.id) !== "010",
  );
  return shapes;
}

// Fresh objects: Vega writes into the rows it is given.
export function worldRows(): Record<string, unknown>[] {
  return world().map((shape) => ({ ...shape }));
}

export function countryId(text: string): string | null {
  return index().get(fold(text)) ?? null;
}

export function unmapped(countries: readonly string[]): string[] {
  const drawn = new Set(world().map((shape) => String(shape.id)));
  return countries.filter((text) => !drawn.has(countryId(text) ?? ""));
}
