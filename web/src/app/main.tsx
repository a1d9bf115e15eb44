// app.js: reads the page C++ embedded and shows it.
import "../style/index.css";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import type { Page } from "../contract.ts";
import { BuiltSource } from "../data/built.ts";
import { LiveSource } from "../data/live.ts";
import { DashboardStore } from "../data/store.ts";
import { PageView } from "./PageView.tsx";
import { busy, mark } from "./ready.ts";
import { apply, markPrinting, printsAlways } from "./theme.ts";

function start(): void {
  mark("start");
  apply();
  markPrinting(printsAlways());
  const done = busy();
  const embedded = document.getElementById("tarn-page")?.textContent;
  const page: Page | null = embedded ? (JSON.parse(embedded) as Page) : null;
  let root = document.getElementById("root");
  if (!root) {
    root = document.createElement("div");
    root.id = "root";
    document.body.append(root);
  }
  if (!page) {
    root.textContent = "This page holds no dashboard.";
    done();
    return;
  }
  mark("parsed");
  const source = page.mode === "live" ? new LiveSource() : new BuiltSource(page);
  const stores = page.dashboards.map((d) => new DashboardStore(d, source, page.report ? `${d.name}.` : ""));
  addEventListener("popstate", () => stores.forEach((store) => store.readAddress()));
  const react = createRoot(root);
  flushSync(() => react.render(<PageView page={page} source={source} stores={stores} painted={done} />)); // before charts.js runs
}

start();
