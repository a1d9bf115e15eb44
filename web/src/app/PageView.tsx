// The whole page: top bar, then the index, one dashboard, or a report of several.
import { useEffect, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import type { Page } from "../contract.ts";
import type { DataSource } from "../data/source.ts";
import type { DashboardStore } from "../data/store.ts";
import { AppContext } from "./context.ts";
import { DashboardView } from "./DashboardView.tsx";
import { IndexView } from "./IndexView.tsx";
import { busy, mark } from "./ready.ts";
import { ReportView } from "./ReportView.tsx";
import { markPrinting, onTheme, printsAlways, theme } from "./theme.ts";
import { TopBar } from "./TopBar.tsx";

interface Props {
  page: Page;
  source: DataSource;
  stores: DashboardStore[];
  painted: () => void;
}

export function PageView({ page: first, source, stores, painted }: Props): React.ReactNode {
  const [page, setPage] = useState(first);
  const printing = usePrinting();
  const chosen = useSyncExternalStore(onTheme, theme);

  useLayoutEffect(() => {
    mark("text");
    const shown = (): void => {
      mark("painted");
      painted();
    };
    requestAnimationFrame(() => setTimeout(shown));
    setTimeout(shown, 100); // nobody looks at the page
  }, [painted]);

  useEffect(() => follow(source, stores, setPage), [source, stores]);

  const only = stores.length === 1 && !page.report ? stores[0]! : null;
  useEffect(() => {
    const title = only ? only.dashboard.title : page.report ? "Report" : "Dashboards";
    document.title = page.project ? `${title} · ${page.project}` : title;
  }, [only, page]);

  return (
    <AppContext value={{ page, source, theme: printing ? "light" : chosen, printing }}>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <TopBar current={only?.dashboard.name ?? null} />
      <main id="content" tabIndex={-1}>
        {only ? <DashboardView store={only} /> : page.report ? <ReportView stores={stores} /> : <IndexView />}
      </main>
    </AppContext>
  );
}

// On paper everything is drawn, open and light. #print asks for the same on a screen, for whoever prints without a dialog.
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(printsAlways);
  useEffect(() => {
    // All of it at once: nothing that happens in a later turn gets onto the paper.
    const before = (): void => {
      window.__tarnStartCharts?.();
      markPrinting(true); // before the charts measure their place
      flushSync(() => setPrinting(true));
    };
    const after = (): void => {
      markPrinting(printsAlways());
      setPrinting(printsAlways());
    };
    // The button can wait for what the browser's own command can't: data of tabs that were never opened.
    const prepare = (): void => {
      before();
      const end = performance.now() + 5000;
      const wait = (): void => {
        if (document.documentElement.dataset["ready"] === "1" || performance.now() > end) window.print();
        else setTimeout(wait, 50);
      };
      setTimeout(wait, 50);
    };
    addEventListener("tarn-print", prepare);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => {
      removeEventListener("tarn-print", prepare);
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
    };
  }, []);
  return printing;
}

// A saved file or a changed table: fetch the page again and exchange its parts in place.
function follow(source: DataSource, stores: DashboardStore[], setPage: (page: Page) => void): () => void {
  let running: AbortController | null = null;
  return source.watch((name) => {
    const store = stores[0];
    if (!store) return location.reload(); // the index is small, and has nothing to lose
    if (name !== null && name !== store.dashboard.name) return;
    running?.abort();
    const abort = new AbortController();
    running = abort;
    const done = busy();
    source
      .page(store.dashboard, store.values, abort.signal)
      .then((page) => {
        const next = page.dashboards.find((d) => d.name === store.dashboard.name);
        if (abort.signal.aborted || !next) return;
        store.replace(next);
        setPage(page);
      })
      .catch(() => undefined) // the next change asks again
      .finally(done);
  });
}
