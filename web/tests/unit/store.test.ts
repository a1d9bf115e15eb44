// What is asked for, when, and what is shown meanwhile. The source is played by hand: each request waits for its answer.
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Dashboard, ParamValue, Result } from "../../src/contract.ts";
import type { Answer, DataSource } from "../../src/data/source.ts";
import type { DashboardStore } from "../../src/data/store.ts";
import type { Values } from "../../src/data/values.ts";
import { table } from "./make.ts";

let Store: typeof DashboardStore;
const address = { pathname: "/d/x", search: "", hash: "" };

beforeAll(async () => {
  vi.stubGlobal("window", {});
  vi.stubGlobal("document", { documentElement: { dataset: {} } });
  vi.stubGlobal("location", address);
  vi.stubGlobal("history", { state: null, replaceState: (_: unknown, __: string, url: string) => (address.search = /\?[^#]*/.exec(url)?.[0] ?? "") });
  Store = (await import("../../src/data/store.ts")).DashboardStore;
});
beforeEach(() => void (address.search = ""));

interface Asked {
  queries: string[];
  values: Record<string, ParamValue>;
  signal: AbortSignal;
  answer: (answer?: Partial<Answer>) => Promise<void>;
  fail: (error: unknown) => Promise<void>;
}

const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

function setUp(results: Result[] = []): { store: DashboardStore; asked: Asked[] } {
  const asked: Asked[] = [];
  const load = (_: string, values: Values, queries: string[], signal: AbortSignal): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const all = queries.map((query): Result => ({ query, parameters: {}, table: table({ n: "int" }, [[values.get("bins")]]) }));
      asked.push({
        queries, signal, values: Object.fromEntries(values),
        answer: (answer) => (resolve({ results: all, ...answer }), turn()),
        fail: (error) => (reject(error), turn()),
      });
    });
  const source = { live: true, load } as unknown as DataSource;
  const dashboard: Dashboard = {
    name: "x", title: "", description: "", blocks: [], results,
    parameters: [{ name: "bins", label: "", type: "number", default: 10 }, { name: "q", label: "", type: "text", default: "" }],
    values: { bins: 10, q: "" },
    queries: { a: { sql: "", parameters: ["bins"] }, b: { sql: "", parameters: ["bins", "q"] }, c: { sql: "", parameters: [] } },
  };
  return { store: new Store(dashboard, source, ""), asked };
}

const shown = (store: DashboardStore, query: string): unknown => store.state(query).table?.data[0]?.[0];

test("what is embedded isn't asked for; the rest in one request", async () => {
  const { store, asked } = setUp([{ query: "c", parameters: {}, table: table({ n: "int" }, [[1]]) }]);
  for (const query of ["a", "b", "c"]) store.retain(query);
  await turn();
  expect(asked.map((r) => r.queries)).toEqual([["a", "b"]]);
  expect([store.state("a").status, store.state("c").status]).toEqual(["waiting", "ready"]);
  await asked[0]!.answer();
  expect(store.state("a").status).toBe("ready");
});

test("a change asks for what depends on it and is shown, and keeps the old rows until then", async () => {
  const { store, asked } = setUp();
  store.retain("a");
  const release = store.retain("b");
  await turn();
  await asked[0]!.answer();
  release();
  store.set("bins", 20);
  expect([store.state("a").status, shown(store, "a")]).toEqual(["waiting", 10]);
  await turn();
  expect([asked[1]!.queries, asked[1]!.values["bins"]]).toEqual([["a"], 20]);
  await asked[1]!.answer();
  expect([store.state("a").status, shown(store, "a")]).toEqual(["ready", 20]);
  expect(address.search).toBe("?bins=20");
  store.set("q", "no one here depends on it");
  await turn();
  expect(asked).toHaveLength(2);
  store.set("bins", 10); // known already
  await turn();
  expect([asked.length, store.state("a").status, shown(store, "a")]).toEqual([2, "ready", 10]);
});

test("a newer change aborts the request before it, and a late answer changes nothing", async () => {
  const { store, asked } = setUp();
  store.retain("a");
  await turn();
  store.set("bins", 20);
  await turn();
  store.set("bins", 30);
  await turn();
  expect(asked.map((r) => r.signal.aborted)).toEqual([true, true, false]);
  await asked[1]!.answer();
  expect(store.state("a").status).toBe("waiting");
  await asked[2]!.answer();
  expect(shown(store, "a")).toBe(30);
});

test("a failed request is an error until it is tried again or values change", async () => {
  const { store, asked } = setUp();
  store.retain("a");
  await turn();
  await asked[0]!.fail({ class: "NO_CONNECTION", message: "gone" });
  expect(store.state("a")).toMatchObject({ status: "error", error: { class: "NO_CONNECTION" } });
  await turn();
  expect(asked).toHaveLength(1); // not again and again
  store.retry();
  await turn();
  await asked[1]!.answer();
  expect(store.state("a").status).toBe("ready");
});

test("a query without an answer is an error, an unknown one names those there are", async () => {
  const { store, asked } = setUp();
  store.retain("a");
  await turn();
  await asked[0]!.answer({ results: [] });
  expect(store.state("a").error?.class).toBe("BAD_ANSWER");
  expect(store.state("__proto__").error?.message).toBe("There is no query named __proto__. Queries here: a, b, c.");
  expect(store.state("nope")).toBe(store.state("nope")); // stable, as React needs it
});

test("the server's values are taken over", async () => {
  const { store, asked } = setUp();
  store.retain("a");
  store.set("bins", 99);
  await turn();
  await asked[0]!.answer({ values: { bins: 50, q: "" } });
  expect([store.values.get("bins"), store.state("a").status, asked.length]).toEqual([50, "ready", 1]);
  expect(address.search).toBe("?bins=50");
});

test("a newer version of the page keeps what the reader changed, and forgets old results", async () => {
  const { store, asked } = setUp();
  store.retain("a");
  await turn();
  await asked[0]!.answer();
  store.set("bins", 20);
  await turn();
  await asked[1]!.answer();
  store.replace({ ...store.dashboard, title: "New", parameters: store.dashboard.parameters.slice(0, 1) });
  await turn();
  expect([store.dashboard.title, store.values.get("bins"), store.values.has("q"), asked.length]).toEqual(["New", 20, false, 3]);
});
