// One dashboard's values and results. Components say which queries they show (retain); whatever of that isn't known
// for the current values is asked for in one request. A newer change aborts the request before it.
import { busy, changeBegins } from "../app/ready.ts";
import type { Dashboard, ParamValue, Result, Table, TarnError } from "../contract.ts";
import { Embedded } from "./built.ts";
import { isTarnError } from "./live.ts";
import type { DataSource } from "./source.ts";
import { readUrl, resultKey, sameValue, valuesOf, withDefaults, writeUrl, type Values } from "./values.ts";

export interface QueryState {
  // absent: a built page has no result for these values. While waiting, `table` may be the former one.
  status: "ready" | "waiting" | "error" | "absent";
  table: Table | null;
  error: TarnError | null;
}

const kept = 300; // results remembered, newest last

export class DashboardStore {
  dashboard: Dashboard;
  readonly source: DataSource;
  readonly prefix: string; // of this dashboard's names in the page's address
  private current: Map<string, ParamValue>;
  private readonly results = new Map<string, Result>();
  private readonly failed = new Map<string, TarnError>(); // requests, not queries: asked again on retry
  private readonly lastShown = new Map<string, Table>();
  private readonly states = new Map<string, QueryState>();
  private readonly retained = new Map<string, number>();
  private readonly listeners = new Set<() => void>();
  private inFlight: { abort: AbortController; keys: Set<string>; done: () => void } | null = null;
  private scheduled = false;
  private embedded: Embedded | null = null;
  version = 0;

  constructor(dashboard: Dashboard, source: DataSource, prefix: string) {
    this.source = source;
    this.prefix = prefix;
    dashboard = withDefaults(dashboard, this.named);
    this.dashboard = dashboard;
    // A server has read the address already; without one it is ours to read.
    const given = valuesOf(dashboard);
    this.current = source.live ? given : readUrl(dashboard.parameters, new URLSearchParams(location.search), given, prefix);
    this.remember(dashboard.results);
  }

  get values(): Values {
    return this.current;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  // Stable until something about the query changes, as React's external stores must be.
  state(query: string): QueryState {
    const next = this.compute(query);
    const old = this.states.get(query);
    if (old && old.status === next.status && old.table === next.table && old.error === next.error) return old;
    this.states.set(query, next);
    return next;
  }

  // While retained, a query is kept up to date. Call the returned function to let go.
  retain(query: string): () => void {
    this.retained.set(query, (this.retained.get(query) ?? 0) + 1);
    this.schedule();
    return () => {
      const left = (this.retained.get(query) ?? 1) - 1;
      if (left > 0) this.retained.set(query, left);
      else this.retained.delete(query);
    };
  }

  set(name: string, value: ParamValue): void {
    if (sameValue(this.current.get(name), value)) return;
    this.assign(new Map(this.current).set(name, value));
  }

  reset(): void {
    this.assign(new Map(this.dashboard.parameters.map((p) => [p.name, p.default])));
  }

  // After the address changed (back, forward).
  readAddress(): void {
    const base = new Map(this.dashboard.parameters.map((p) => [p.name, p.default]));
    this.assign(readUrl(this.dashboard.parameters, new URLSearchParams(location.search), base, this.prefix));
  }

  retry(): void {
    this.failed.clear();
    this.changed();
    this.schedule();
  }

  // A newer version of the same dashboard; the reader's values stay where the parameters still exist.
  replace(given: Dashboard): void {
    const dashboard = withDefaults(given, this.named);
    const base = valuesOf(dashboard);
    for (const parameter of dashboard.parameters) {
      const old = this.dashboard.parameters.find((p) => p.name === parameter.name);
      if (old?.type === parameter.type && this.current.has(parameter.name) && !sameValue(this.current.get(parameter.name), old.default)) {
        base.set(parameter.name, this.current.get(parameter.name)!);
      }
    }
    this.dashboard = dashboard;
    this.current = base;
    this.results.clear();
    this.failed.clear();
    this.embedded = null;
    this.remember(dashboard.results);
    this.changed();
    this.schedule();
  }

  private readonly named = (name: string): boolean => {
    const search = new URLSearchParams(location.search);
    return [name, `${name}.min`, `${name}.max`].some((key) => search.has(this.prefix + key));
  };

  // What a built page can show; null in a live one, where anything goes.
  embeddedValues(): Embedded | null {
    if (this.source.live) return null;
    return (this.embedded ??= new Embedded(this.dashboard));
  }

  private assign(values: Map<string, ParamValue>): void {
    const done = busy();
    changeBegins();
    this.current = values;
    this.failed.clear();
    this.writeAddress();
    this.changed();
    this.schedule();
    setTimeout(done, 0);
  }

  private writeAddress(): void {
    const search = new URLSearchParams(location.search);
    const own = (key: string): boolean =>
      this.dashboard.parameters.some((p) => [p.name, `${p.name}.min`, `${p.name}.max`].some((n) => this.prefix + n === key));
    for (const key of [...search.keys()]) if (own(key)) search.delete(key);
    for (const [key, value] of writeUrl(this.dashboard.parameters, this.current, this.prefix)) search.append(key, value);
    const text = search.toString();
    history.replaceState(history.state, "", `${location.pathname}${text && `?${text}`}${location.hash}`);
  }

  private key(query: string): string {
    const names = Object.hasOwn(this.dashboard.queries, query) ? this.dashboard.queries[query]!.parameters : [];
    return resultKey(query, names.map((name) => [name, this.current.get(name) ?? null]));
  }

  private compute(query: string): QueryState {
    if (!Object.hasOwn(this.dashboard.queries, query)) {
      const names = Object.keys(this.dashboard.queries).join(", ") || "none";
      return { status: "error", table: null, error: this.unknown(query, `There is no query named ${query}. Queries here: ${names}.`) };
    }
    const key = this.key(query);
    const result = this.results.get(key);
    if (result?.table) {
      this.lastShown.set(query, result.table);
      return { status: "ready", table: result.table, error: null };
    }
    if (result?.error) return { status: "error", table: null, error: result.error };
    const failure = this.failed.get(key);
    if (failure) return { status: "error", table: null, error: failure };
    // Old rows while waiting, dimmed; but never old rows for values they don't belong to.
    return this.source.live ? { status: "waiting", table: this.lastShown.get(query) ?? null, error: null } : { status: "absent", table: null, error: null };
  }

  private readonly unknownErrors = new Map<string, TarnError>();
  private unknown(query: string, message: string): TarnError {
    const old = this.unknownErrors.get(query);
    if (old?.message === message) return old;
    const error = { class: "UNKNOWN_QUERY", message };
    this.unknownErrors.set(query, error);
    return error;
  }

  private remember(results: readonly Result[]): void {
    for (const result of results) {
      // A server answers what it was asked, even where it spells a value differently; a built page holds many values.
      const key = this.source.live ? this.key(result.query) : resultKey(result.query, Object.entries(result.parameters));
      if (!result.table && !result.error) continue;
      this.results.delete(key);
      this.results.set(key, result);
    }
    if (this.source.live) for (const key of [...this.results.keys()].slice(0, Math.max(0, this.results.size - kept))) this.results.delete(key);
  }

  // Many components ask within one render; one request answers them all.
  private schedule(): void {
    if (!this.source.live || this.scheduled) return;
    this.scheduled = true;
    const done = busy();
    queueMicrotask(() => {
      this.scheduled = false;
      this.fetchMissing();
      done();
    });
  }

  private fetchMissing(): void {
    const missing = [...this.retained.keys()].filter((query) => this.state(query).status === "waiting");
    const keys = new Set(missing.map((query) => this.key(query)));
    if (this.inFlight) {
      if (keys.size > 0 && [...keys].every((key) => this.inFlight!.keys.has(key))) return;
      this.inFlight.abort.abort();
      this.inFlight.done();
      this.inFlight = null;
    }
    if (missing.length > 0) void this.fetch(missing, keys);
  }

  private async fetch(queries: string[], keys: Set<string>): Promise<void> {
    const flight = { abort: new AbortController(), keys, done: busy() };
    this.inFlight = flight;
    try {
      const { results, values } = await this.source.load(this.dashboard.name, this.current, queries, flight.abort.signal);
      if (flight.abort.signal.aborted) return;
      this.adopt(values);
      this.remember(results);
      const silent = { class: "BAD_ANSWER", message: "The server did not answer this query." };
      for (const key of queries.map((query) => this.key(query))) if (!this.results.has(key)) this.failed.set(key, silent);
    } catch (error) {
      if (flight.abort.signal.aborted) return;
      const failure = isTarnError(error) ? error : { class: "INTERNAL_ERROR", message: String(error) };
      for (const key of keys) this.failed.set(key, failure);
    } finally {
      if (this.inFlight === flight) {
        this.inFlight = null;
        this.changed();
        this.schedule();
      }
      flight.done();
    }
  }

  // The server may have had to choose otherwise: an option that is gone, a number out of bounds.
  private adopt(values: Record<string, ParamValue> | undefined): void {
    if (!values) return;
    const next = new Map(this.current);
    for (const { name } of this.dashboard.parameters) if (Object.hasOwn(values, name)) next.set(name, values[name]!);
    if ([...next].every(([name, value]) => sameValue(value, this.current.get(name)))) return;
    this.current = next;
    this.writeAddress();
  }

  private changed(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}
