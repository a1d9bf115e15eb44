// One tooltip for the page. Everything in it is set as text.
import type { HoverLine } from "../charts/drawing.ts";

export interface Tip {
  title: string;
  lines: HoverLine[];
}

let box: HTMLElement | null = null;

function element(): HTMLElement {
  if (!box) {
    box = document.createElement("div");
    box.className = "tooltip";
    box.setAttribute("aria-hidden", "true"); // said by the chart's live region instead
    document.body.append(box);
  }
  return box;
}

// `x`, `y`: in the window. Kept inside of it.
export function showTip(tip: Tip, x: number, y: number): void {
  const el = element();
  el.replaceChildren();
  if (tip.title) el.append(make("p", "tooltip-title", tip.title));
  for (const line of tip.lines) {
    const row = make("p", "tooltip-line", "");
    if (line.colour) {
      const dot = make("span", "dot", "");
      dot.style.setProperty("--colour", line.colour);
      row.append(dot);
    }
    row.append(make("span", "tooltip-name", line.name), make("span", "tooltip-value", line.value));
    if (line.note) row.append(make("span", "tooltip-name", line.note));
    el.append(row);
  }
  el.dataset["shown"] = "1";
  const { width, height } = el.getBoundingClientRect();
  const left = x + 16 + width > innerWidth - 8 ? x - 16 - width : x + 16;
  el.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, Math.min(innerHeight - height - 8, y - height / 2))}px)`;
}

export function hideTip(): void {
  if (box) box.dataset["shown"] = "0";
}

function make(tag: string, className: string, text: string): HTMLElement {
  const el = document.createElement(tag);
  el.className = className;
  el.textContent = text;
  return el;
}

// The value of a Vega-Lite tooltip: a text, or an object of titles and values.
export function tipOf(value: unknown): Tip {
  if (value === null || typeof value !== "object") return { title: String(value), lines: [] };
  const lines = Object.entries(value).map(([name, v]) => ({ name, value: typeof v === "object" ? JSON.stringify(v) : String(v), colour: null }));
  return { title: "", lines: lines.slice(0, 20) };
}
