// Waiting for charts.js, which loads after the page is readable.
import type { ChartsApi } from "../vega/api.ts";

let loaded: Promise<ChartsApi> | null = null;

// Rejects when the script has failed: the document has long been complete and there is still nothing.
export function chartsApi(): Promise<ChartsApi> {
  window.__tarnChartsWanted = true;
  window.__tarnStartCharts?.();
  loaded ??= new Promise((resolve, reject) => {
    const done = (): void => resolve(window.__tarnCharts!);
    if (window.__tarnCharts) return done();
    addEventListener("tarn-charts", done, { once: true });
    const complete = (): void => {
      setTimeout(() => {
        if (!window.__tarnCharts) reject(new Error("charts.js could not be loaded"));
      }, 5000);
    };
    if (document.readyState === "complete") complete();
    else addEventListener("load", complete, { once: true });
  });
  return loaded;
}

// Labels are measured before they are drawn; a font that comes later would spoil the layout.
let font: Promise<unknown> | null = null;
export function fontLoaded(): Promise<unknown> {
  font ??= Promise.race([
    Promise.all(["400 12px", "600 12px"].map((f) => document.fonts.load(`${f} "Inter Variable"`))).catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, 300)),
  ]);
  return font;
}
