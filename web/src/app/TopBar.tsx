import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { IndexEntry } from "../contract.ts";
import { useApp } from "./context.ts";
import { Icon } from "./Icon.tsx";
import { onTheme, theme, toggleTheme } from "./theme.ts";

// The project, the way to its dashboards, light or dark, and printing.
export function TopBar({ current }: { current: string | null }): React.ReactNode {
  const { page, source } = useApp();
  const chosen = useSyncExternalStore(onTheme, theme);
  const home = source.home();
  const name = page.project || "Tarn";
  const brand = (
    <>
      <Icon name="mark" />
      <span>{name}</span>
    </>
  );
  return (
    <header className="topbar">
      <div className="topbar-in">
        {home ? (
          <a className="brand" href={home}>
            {brand}
          </a>
        ) : (
          <span className="brand">{brand}</span>
        )}
        <Navigation current={current} />
        <div className="tools">
          <button type="button" className="icon" onClick={toggleTheme} aria-label={chosen === "dark" ? "Light colours" : "Dark colours"} title={chosen === "dark" ? "Light colours" : "Dark colours"}>
            <Icon name={chosen === "dark" ? "sun" : "moon"} />
          </button>
          <button type="button" className="icon" onClick={() => dispatchEvent(new Event("tarn-print"))} aria-label="Print or save as PDF" title="Print or save as PDF">
            <Icon name="print" />
          </button>
        </div>
      </div>
    </header>
  );
}

function Navigation({ current }: { current: string | null }): React.ReactNode {
  const { page, source } = useApp();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLElement>(null);
  const target = (entry: IndexEntry): string | null => (page.report ? `#d-${entry.name}` : source.link(entry.name));
  const shown = (name: string): boolean => page.dashboards.some((d) => d.name === name);
  const entries = page.index.filter((entry) => (page.report ? shown(entry.name) : entry.name === current || target(entry) !== null));
  useEffect(() => {
    if (!open) return;
    const close = (event: Event): void => {
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("keydown", close);
    document.addEventListener("pointerdown", close);
    return () => {
      document.removeEventListener("keydown", close);
      document.removeEventListener("pointerdown", close);
    };
  }, [open]);
  // The open dashboard may lie beyond the edge of a long list.
  useEffect(() => {
    const here = box.current?.querySelector<HTMLElement>("[aria-current]");
    if (here?.parentElement) here.closest("ul")!.scrollLeft = Math.max(0, here.offsetLeft - 80);
  }, [current]);
  if (entries.length < 2 && !page.report) return <div className="nav" />;
  return (
    <nav className="nav" aria-label="Dashboards" ref={box} data-open={open}>
      <button type="button" className="nav-button" aria-expanded={open} aria-controls="nav-list" onClick={() => setOpen(!open)}>
        {entries.find((e) => e.name === current)?.title ?? "Dashboards"}
        <Icon name="down" />
      </button>
      <ul id="nav-list">
        {entries.map((entry) => (
          <li key={entry.name}>
            <a href={target(entry) ?? "#content"} aria-current={entry.name === current ? "page" : undefined} onClick={() => setOpen(false)}>
              {entry.title || entry.name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
