// Light or dark: what the reader chose, else what the system prefers. Kept over visits.
import type { Theme } from "../charts/palette.ts";

const key = "tarn-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function chosen(): Theme | null {
  try {
    const kept = localStorage.getItem(key);
    return kept === "light" || kept === "dark" ? kept : null;
  } catch {
    return null; // storage may be forbidden, in a file opened from disk for example
  }
}

let choice = chosen();

export function theme(): Theme {
  return choice ?? (dark.matches ? "dark" : "light");
}

export function toggleTheme(): void {
  const next: Theme = theme() === "dark" ? "light" : "dark";
  choice = next;
  try {
    localStorage.setItem(key, next);
  } catch {
    // kept for this visit only
  }
  apply();
}

export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// #print: as on paper, for whoever prints without a dialog. #picture: the same as wide as a screen.
export function printsAlways(): boolean {
  return location.hash === "#print" || isPicture();
}

export function isPicture(): boolean {
  return location.hash === "#picture";
}

export function markPrinting(printing: boolean): void {
  document.documentElement.dataset["printing"] = printing ? "1" : "0";
  document.documentElement.dataset["wide"] = isPicture() ? "1" : "0";
}

export function apply(): void {
  document.documentElement.dataset["theme"] = theme();
  for (const listener of listeners) listener();
}

dark.addEventListener("change", apply);
