// The server behind a live page. Addresses are relative to where the page lies, so a path prefix works.
import type { Dashboard, IndexEntry, Page, TarnError } from "../contract.ts";
import { asObject, type Answer, type DataSource } from "./source.ts";
import { writeUrl, type Values } from "./values.ts";

export class LiveSource implements DataSource {
  readonly live = true;
  private readonly base: string;

  constructor(pathname: string = location.pathname) {
    this.base = pathname.replace(/\/(d\/[^/]*\/?|report\/?)?$/, "");
  }

  async load(dashboard: string, values: Values, queries: string[], signal: AbortSignal): Promise<Answer> {
    const body = JSON.stringify({ values: asObject(values), queries });
    const headers = { "Content-Type": "application/json", "X-Tarn": "1" };
    return await request<Answer>(this.api(dashboard, "results"), { method: "POST", headers, body, signal });
  }

  download(dashboard: Dashboard, query: string, extension: "csv" | "xlsx", values: Values): string {
    const search = writeUrl(dashboard.parameters, values).toString();
    return `${this.api(dashboard.name, `table/${encodeURIComponent(query)}.${extension}`)}${search && `?${search}`}`;
  }

  link(dashboard: string): string {
    return `${this.base}/d/${encodeURIComponent(dashboard)}`;
  }

  home(): string {
    return `${this.base}/`;
  }

  page(dashboard: Dashboard, values: Values, signal: AbortSignal): Promise<Page> {
    const search = writeUrl(dashboard.parameters, values).toString();
    return request<Page>(`${this.api(dashboard.name, "page")}${search && `?${search}`}`, { signal, headers: { "X-Tarn": "1" } });
  }

  // One stream while the page is in view: browsers allow few connections to a server, and a forgotten tab
  // must not hold one. After a gap something may have changed unseen, so the page is asked for again.
  watch(changed: (dashboard: string | null) => void): () => void {
    let stream: EventSource | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wait = 1000;
    let gap = false;
    const open = (): void => {
      clearTimeout(timer);
      stream = new EventSource(`${this.base}/api/events`);
      stream.addEventListener("open", () => {
        wait = 1000;
        if (gap) changed(null);
        gap = false;
      });
      stream.addEventListener("changed", (event) => changed(dashboardOf((event as MessageEvent<string>).data)));
      stream.addEventListener("error", () => {
        gap = true;
        if (stream?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
        timer = setTimeout(open, wait);
        wait = Math.min(wait * 2, 30_000);
      });
    };
    const close = (): void => {
      clearTimeout(timer);
      stream?.close();
      stream = null;
    };
    const visibility = (): void => {
      if (document.visibilityState === "hidden") {
        close();
        gap = true;
      } else if (!stream) {
        open();
      }
    };
    document.addEventListener("visibilitychange", visibility);
    if (document.visibilityState !== "hidden") open();
    return () => {
      document.removeEventListener("visibilitychange", visibility);
      close();
    };
  }

  private api(dashboard: string, rest: string): string {
    return `${this.base}/api/dashboards/${encodeURIComponent(dashboard)}/${rest}`;
  }
}

function dashboardOf(data: string): string | null {
  try {
    const parsed: unknown = JSON.parse(data);
    const name = (parsed as { dashboard?: unknown } | null)?.dashboard;
    return typeof name === "string" ? name : null;
  } catch {
    return null;
  }
}

// Throws a TarnError for whatever goes wrong but an abort.
async function request<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw { class: "NO_CONNECTION", message: "The server does not answer. Is it still running?" } satisfies TarnError;
  }
  const text = await response.text();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw { class: "BAD_ANSWER", message: `The server answered ${response.status} without JSON.` } satisfies TarnError;
  }
  if (response.ok) return parsed as T;
  const error = (parsed as { error?: TarnError } | null)?.error;
  throw error ?? ({ class: "BAD_ANSWER", message: `The server answered ${response.status}.` } satisfies TarnError);
}

export function isTarnError(error: unknown): error is TarnError {
  return typeof error === "object" && error !== null && "class" in error && "message" in error;
}

// Which entries of the index can be opened from here. Only relative and http(s) addresses.
export function safeHref(entry: IndexEntry): string | null {
  if (!entry.href) return null;
  return /^[a-z][a-z0-9+.-]*:/i.test(entry.href) && !/^https?:/i.test(entry.href) ? null : entry.href;
}
