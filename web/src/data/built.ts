// A page without a server: what is embedded is all there is.
import type { Dashboard, Page, Parameter, ParamValue } from "../contract.ts";
import { safeHref } from "./live.ts";
import type { Answer, DataSource } from "./source.ts";
import { canonical, resultKey, sameValue, type Values } from "./values.ts";

export class BuiltSource implements DataSource {
  readonly live = false;
  private readonly built: Page;

  constructor(page: Page) {
    this.built = page;
  }

  load(): Promise<Answer> {
    return Promise.resolve({ results: [] });
  }
  download(): null {
    return null;
  }
  // A build writes each dashboard of its index beside the others.
  link(dashboard: string): string | null {
    const entry = this.built.index.find((e) => e.name === dashboard);
    if (!entry) return null;
    return entry.href ? safeHref(entry) : `${encodeURIComponent(entry.name)}.html`;
  }
  home(): string | null {
    return this.built.report || this.built.index.length < 2 ? null : "index.html";
  }
  watch(): () => void {
    return () => undefined;
  }
  page(): Promise<Page> {
    return Promise.reject(new Error("a built page has no server"));
  }
}

// Which values of its parameters a built dashboard can show. It answers for one parameter at a time, the others as they are.
export class Embedded {
  private readonly dashboard: Dashboard;
  private readonly keys: Set<string>;

  constructor(dashboard: Dashboard) {
    this.dashboard = dashboard;
    this.keys = new Set(dashboard.results.map((r) => resultKey(r.query, Object.entries(r.parameters))));
  }

  // True when every query that depends on `parameter` has a result for `value`.
  has(parameter: Parameter, value: ParamValue, values: Values): boolean {
    const changed = new Map(values).set(parameter.name, value);
    return this.dependents(parameter).every((query) => this.keys.has(resultKey(query, this.parametersOf(query, changed))));
  }

  // True when some other value of `parameter` can be shown: its control is of use.
  canChange(parameter: Parameter, values: Values): boolean {
    const dependents = this.dependents(parameter);
    if (dependents.length === 0) return true;
    return this.known(parameter).some((value) => !sameValue(value, values.get(parameter.name)) && this.has(parameter, value, values));
  }

  // The values of `parameter` that some embedded result stands for.
  known(parameter: Parameter): ParamValue[] {
    const found = new Map<string, ParamValue>();
    for (const result of this.dashboard.results) {
      if (!Object.hasOwn(result.parameters, parameter.name)) continue;
      const value = result.parameters[parameter.name]!;
      found.set(canonical(value), value);
    }
    return [...found.values()];
  }

  private dependents(parameter: Parameter): string[] {
    return Object.entries(this.dashboard.queries)
      .filter(([, query]) => query.parameters.includes(parameter.name))
      .map(([name]) => name);
  }

  private parametersOf(query: string, values: Values): [string, ParamValue][] {
    const names = Object.hasOwn(this.dashboard.queries, query) ? this.dashboard.queries[query]!.parameters : [];
    return names.map((name) => [name, values.get(name) ?? null]);
  }
}
