// Rendered Markdown. C++ made it safe; the values in it are filled in here, as text.
import { memo, useLayoutEffect, useRef } from "react";
import { useStore } from "../app/context.ts";
import { cell, columnIndex, columnNames } from "../data/table.ts";
import type { QueryState } from "../data/store.ts";
import { formatter, missing } from "../format/format.ts";

export function Html({ html }: { html: string }): React.ReactNode {
  const store = useStore();
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const spans = [...box.current!.querySelectorAll<HTMLElement>("span.tarn-value[data-query]")];
    const queries = new Set(spans.map((span) => span.dataset["query"]!));
    const release = [...queries].map((query) => store.retain(query));
    const fill = (): void => spans.forEach((span) => show(span, store.state(span.dataset["query"]!)));
    fill();
    const stop = store.subscribe(fill);
    for (const table of box.current!.querySelectorAll("table")) wrap(table);
    return () => {
      stop();
      release.forEach((f) => f());
    };
  }, [html, store]);
  return <Raw html={html} box={box} />;
}

// React must not touch what is inside again: the filled-in values would vanish.
const Raw = memo(
  function Raw({ html, box }: { html: string; box: React.RefObject<HTMLDivElement | null> }): React.ReactNode {
    return <div className="prose" ref={box} dangerouslySetInnerHTML={{ __html: html }} />;
  },
  (a, b) => a.html === b.html,
);

function show(span: HTMLElement, state: QueryState): void {
  const { column = "", row = "0", format } = span.dataset;
  const set = (kind: string, text: string, hint: string): void => {
    if (span.textContent !== text) span.textContent = text;
    span.dataset["state"] = kind;
    if (hint) span.title = hint;
    else span.removeAttribute("title");
  };
  if (state.status === "error") return set("error", "error", `${state.error!.class}: ${state.error!.message}`);
  if (!state.table) return set(state.status, state.status === "waiting" ? "…" : missing, state.status === "absent" ? "Open live to see this value" : "");
  const index = columnIndex(state.table, column);
  if (index < 0) return set("error", "error", `There is no column ${column}. Columns: ${columnNames(state.table)}`);
  const meta = state.table.columns[index]!;
  const value = cell(state.table, index, Number(row) || 0);
  return set(state.status, formatter(format || undefined, meta.type, meta.name)(value), "");
}

// A wide Markdown table scrolls by itself instead of widening the page.
function wrap(table: HTMLTableElement): void {
  if (table.parentElement?.classList.contains("scroll")) return;
  const frame = document.createElement("div");
  frame.className = "scroll";
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", "Table");
  table.replaceWith(frame);
  frame.append(table);
}

