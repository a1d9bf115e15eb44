// Where results come from: a server (live) or the page itself (built). The rest of the page doesn't know which.
import type { Dashboard, Page, ParamValue, Result } from "../contract.ts";
import type { Values } from "./values.ts";

export interface Answer {
  results: Result[];
  values?: Record<string, ParamValue>; // what the server took for the values, where it says so
}

export interface DataSource {
  readonly live: boolean;
  // The results of `queries` for `values`, in any order. Rejects with a TarnError or, when `signal` fires, an AbortError.
  load(dashboard: string, values: Values, queries: string[], signal: AbortSignal): Promise<Answer>;
  // Where a table can be had as a file; null where there is no server.
  download(dashboard: Dashboard, query: string, extension: "csv" | "xlsx", values: Values): string | null;
  // Where a dashboard's page is; null when there is none.
  link(dashboard: string): string | null;
  // Where the index of all dashboards is; null when there is none.
  home(): string | null;
  // Calls `changed` after a file was saved or tables changed; returns how to stop. Never calls in a built page.
  watch(changed: (dashboard: string | null) => void): () => void;
  // The page as it is now.
  page(dashboard: Dashboard, values: Values, signal: AbortSignal): Promise<Page>;
}

export function asObject(values: Values): Record<string, ParamValue> {
  return Object.fromEntries(values); // defines own properties, whatever they are called
}
