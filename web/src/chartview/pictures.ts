// The last picture of each chart, kept for as long as the tab: a page that is opened again with the same rows shows it at
// once, and Vega draws the same again when nothing else is to be done, for the pointer and the keys.
import { afterReady } from "../app/ready.ts";
import type { Row } from "../charts/drawing.ts";

const largest = 200_000; // characters of a picture, and of the rows it is made of
const prefix = "tarn-picture ";

interface Drawn {
  spec: object;
  data: () => Map<string, Row[] | Record<string, unknown>[]>;
  canvas: boolean;
}

// Equal keys have equal pictures; null: not one to keep.
export function pictureKey(drawn: Drawn, width: number): string | null {
  if (drawn.canvas) return null;
  const charts = document.querySelector<HTMLScriptElement>('script[src*="charts.js"]')?.src; // its address has a hash of its text
  if (!charts) return null; // a page in one file, which has no storage of its own
  const text = JSON.stringify([charts, width, drawn.spec, [...drawn.data()]]);
  return text.length > largest ? null : hash(text);
}

export function keptPicture(path: string, key: string | null): string | null {
  if (key === null) return null;
  try {
    const kept = sessionStorage.getItem(nameOf(path));
    return kept?.startsWith(`${key} `) ? kept.slice(key.length + 1) : null;
  } catch {
    return null;
  }
}

// Later, when the page is done. `svg` is asked then; null when the chart shows something else by that time.
export function keepPicture(path: string, key: string, svg: () => string | null): void {
  afterReady(() => {
    const text = svg();
    if (text === null || text.length > largest) return;
    const own = unique(text, path);
    try {
      sessionStorage.setItem(nameOf(path), `${key} ${own}`);
    } catch {
      // Full: other pages' pictures make room.
      for (const name of Object.keys(sessionStorage)) if (name.startsWith(prefix)) sessionStorage.removeItem(name);
    }
  });
}

const nameOf = (path: string): string => `${prefix}${location.pathname} ${path}`;

// Vega numbers its clip paths and gradients; the next page's views will count from nought again.
function unique(svg: string, path: string): string {
  const own = path.replace(/[^A-Za-z0-9]/g, "-");
  return svg.replace(/(\bid="|url\((?:&quot;)?#)((?:clip|gradient_)\d+)/g, `$1${own}-$2`);
}

// 64 bits in two halves; a picture is a matter of looks, and nobody chooses the texts.
function hash(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 2654435761);
    b = Math.imul(b ^ c, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return `${(a >>> 0).toString(36)}-${(b >>> 0).toString(36)}-${text.length.toString(36)}`;
}
