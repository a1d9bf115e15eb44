// What every block can reach: the page, the dashboard's store, the theme and whether we are on paper.
import { createContext, use, useLayoutEffect, useSyncExternalStore } from "react";
import type { Theme } from "../charts/palette.ts";
import type { Page } from "../contract.ts";
import type { DataSource } from "../data/source.ts";
import type { DashboardStore, QueryState } from "../data/store.ts";
import type { Values } from "../data/values.ts";

export interface App {
  page: Page;
  source: DataSource;
  theme: Theme;
  printing: boolean;
}

export const AppContext = createContext<App | null>(null);
export const StoreContext = createContext<DashboardStore | null>(null);

export function useApp(): App {
  const app = use(AppContext);
  if (!app) throw new Error("outside of the page");
  return app;
}

export function useStore(): DashboardStore {
  const store = use(StoreContext);
  if (!store) throw new Error("outside of a dashboard");
  return store;
}

// A named query's result, kept up to date while the component is there.
export function useQuery(query: string): QueryState {
  const store = useStore();
  useLayoutEffect(() => store.retain(query), [store, query]);
  return useSyncExternalStore(store.subscribe, () => store.state(query));
}

export function useValues(): Values {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, () => store.values);
}
