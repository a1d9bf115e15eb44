// Pages as C++ makes them: every block, every kind of chart, every parameter, and data that mean harm.

const types = ["image", "poll", "text", "video"];
const countries = [
  ["US", 4210], ["DE", 1830], ["GB", 1240], ["FR", 980], ["BR", 640], ["JP", 610], ["CA", 560], ["PL", 410], ["NL", 380], ["AU", 350],
  ["ES", 300], ["IT", 280], ["SE", 190], ["MX", 170], ["IN", 160], ["AR", 90], ["ZA", 60], ["SG", 50], ["MT", 9],
];
const names = { US: "United States", DE: "Germany", GB: "United Kingdom", FR: "France", BR: "Brazil", JP: "Japan", CA: "Canada", PL: "Poland", NL: "Netherlands", AU: "Australia", ES: "Spain", IT: "Italy", SE: "Sweden", MX: "Mexico", IN: "India", AR: "Argentina", ZA: "South Africa", SG: "Singapore", MT: "Malta" };

// The same pictures on every run.
export function dice(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s * 1664525 + 1013904223) >>> 0;
    return s / 4294967296;
  };
}

export function table(columns, rows, more = {}) {
  return {
    columns: columns.map(([name, type]) => ({ name, type })),
    rows: rows.length,
    data: columns.map((_, i) => rows.map((row) => row[i])),
    versions: "users_silver@3, posts_silver@7",
    milliseconds: 4.2,
    ...more,
  };
}

const month = (i) => new Date(Date.UTC(2022, i, 1)).toISOString().slice(0, 10);

function monthly(values) {
  const random = dice(7);
  const rows = [];
  for (let i = 0; i < 30; i += 1) {
    types.forEach((type, t) => {
      const n = Math.round((40 + t * 35 + i * (3 - t) + random() * 30) * 10);
      const fitted = (55 + t * 35 + i * (3 - t)) * 10;
      if (!values.types?.length || values.types.includes(type)) rows.push([month(i), type, n, fitted, fitted - 120, fitted + 120]);
    });
  }
  return table([["month", "date"], ["type", "string"], ["n_votes", "bigint"], ["fitted", "double"], ["lower", "double"], ["upper", "double"]], rows);
}

function support(values) {
  const bins = Number(values.bins ?? 20);
  const step = 400 / bins;
  const random = dice(3);
  return table(
    [["bin_start", "double"], ["bin_end", "double"], ["users", "bigint"]],
    Array.from({ length: bins }, (_, i) => [i * step, (i + 1) * step, i % 9 === 8 ? 0 : Math.round((90000 / bins) * Math.exp(-i * step / 45) * (0.7 + random() * 0.6))]),
  );
}

function byCountry(values) {
  const chosen = values.countries?.length ? countries.filter(([code]) => values.countries.includes(code)) : countries;
  return table(
    [["country", "string"], ["country_name", "string"], ["users", "bigint"], ["patrons", "bigint"], ["support_usd", "decimal(12,2)"], ["share", "double"]],
    chosen.map(([code, n], i) => [code, names[code], n, Math.round(n * (0.08 + (i % 5) * 0.02)), Math.round(n * (3.1 + (i % 4)) * 100) / 100, n / 12519]),
  );
}

export const hostileTexts = [
  "<img src=x onerror=\"window.__hacked=1\">", "</script><script>window.__hacked=2</script>", "__proto__", "constructor",
  "שלום עולם, זה טקסט", "👩🏽‍🚀 emoji 🎉", "=HYPERLINK(\"http://evil\")", "javascript:alert(1)", "a\nb\tc", "", null, "'; DROP TABLE users; --",
  "A very long label that goes on and on, far beyond what any axis has room for, to see that nothing is pushed out of the card",
];

function hostile() {
  return table([["<b>name</b>", "string"], ["__proto__", "bigint"], ["a.b[0]", "double"], ["when", "timestamp"]], hostileTexts.map((t, i) => [t, (i + 1) * 7, i % 3 === 0 ? null : i / 3, `2024-03-${String(i + 1).padStart(2, "0")}T12:00:00.000Z`]));
}

function many() {
  const random = dice(11);
  return table(
    [["user_id", "bigint"], ["support", "double"], ["votes", "int"], ["status", "string"], ["comment", "string"]],
    Array.from({ length: 10000 }, (_, i) => [String(9007199254740993n + BigInt(i)), Math.round(Math.exp(random() * 6) * 100) / 100, Math.floor(random() * random() * 200), ["active", "former", "never", "declined"][Math.floor(random() * 4)], `comment ${i}`]),
  );
}

function heat() {
  const random = dice(5);
  const rows = [];
  for (const [h] of [["Mon"], ["Tue"], ["Wed"], ["Thu"], ["Fri"], ["Sat"], ["Sun"]]) for (let i = 0; i < 12; i += 1) rows.push([h, `${i * 2}:00`, i === 3 && h === "Sun" ? null : Math.round(random() * 90 + (i > 5 ? 60 : 5))]);
  return table([["weekday", "string"], ["hour", "string"], ["comments", "bigint"]], rows);
}

const totals = () => table([["users", "bigint"], ["patrons", "bigint"], ["share", "double"], ["campaign_usd", "double"], ["lifetime_usd", "double"], ["change", "double"], ["trials", "bigint"]], [[12519, 1287, 0.1028, 96412.5, 812.4, 0.084, -3]]);

// query -> [parameters, make(values), sql]
export const queries = {
  totals: [[], totals, "SELECT count(*) AS users, …\nFROM users_silver"],
  monthly: [["types"], monthly, "SELECT date_trunc('month', created) AS month, type, count(*) AS n_votes\nFROM votes_silver\nWHERE type IN (:types)\nGROUP BY ALL"],
  support: [["bins"], support, "SELECT …"],
  by_country: [["countries"], byCountry, "SELECT country, …"],
  country_options: [[], () => table([["code", "string"], ["name", "string"]], countries.map(([code]) => [code, names[code]])), "SELECT code, name FROM countries"],
  poll_options: [[], () => table([["id", "string"], ["title", "string"]], Array.from({ length: 40 }, (_, i) => [`p${i}`, `Poll ${i + 1}: which feature should come ${["first", "second", "third"][i % 3]}?`])), "SELECT …"],
  hostile: [[], hostile, "SELECT '<script>'"],
  many: [[], many, "SELECT * FROM users"],
  heat: [[], heat, "SELECT …"],
  one_row: [[], () => table([["day", "date"], ["n", "bigint"]], [["2024-02-29", 42]]), "SELECT …"],
  no_rows: [[], () => table([["day", "date"], ["n", "bigint"]], []), "SELECT …"],
  gaps: [[], () => table([["day", "date"], ["n", "double"], ["kind", "string"]], [["2024-01-01", 3, "a"], ["2024-01-02", null, "a"], ["2024-01-03", 5, null], [null, 9, "a"], ["2024-01-04", 2.5, "a"], ["2024-01-05", 1e12, "a"]]), "SELECT …"],
  echo: [["q", "poll", "since", "period", "limit", "only"], (v) => table([["value", "string"]], [[JSON.stringify([v.q ?? null, v.poll ?? null, v.since ?? null, v.period ?? null, v.limit ?? null, v.only ?? null])]]), "SELECT :q"],
  broken: [[], null, "SELECT nope"],
};

export const parameters = [
  { name: "countries", label: "Countries", type: "multi_select", default: [], options_from: { query: "country_options", value: "code", label: "name" } },
  { name: "types", label: "Post types", type: "multi_select", default: [], options: types.map((t) => ({ value: t, label: t[0].toUpperCase() + t.slice(1) })) },
  { name: "bins", label: "Bins", type: "slider", default: 20, min: 5, max: 60, step: 5 },
  { name: "period", label: "Period", type: "date_range", default: { min: "2022-01-01", max: "2024-06-30" } },
  { name: "poll", label: "Poll", type: "dropdown", default: "p0", options_from: { query: "poll_options", value: "id", label: "title" } },
  { name: "measure", label: "Measure", type: "dropdown", default: "users", options: [{ value: "users", label: "Users" }, { value: "patrons", label: "Patrons" }] },
  { name: "limit", label: "Top", type: "number", default: 10, min: 1, max: 50 },
  { name: "since", label: "Since", type: "date", default: "2022-01-01" },
  { name: "q", label: "Search", type: "text", default: "" },
  { name: "only", label: "Only patrons", type: "checkbox", default: false },
];

export function result(name, values) {
  const [depends, make] = queries[name];
  const own = Object.fromEntries(depends.map((p) => [p, values[p] ?? null]));
  if (!make) return { query: name, parameters: own, error: { class: "TABLE_OR_VIEW_NOT_FOUND", message: "The table or view `nope` cannot be found.", sqlstate: "42P01", line: 14 } };
  return { query: name, parameters: own, table: make(values) };
}

export const defaults = () => Object.fromEntries(parameters.map((p) => [p.name, p.default]));

const chart = (id, spec) => ({ kind: "chart", id, spec });
const html = (text) => ({ kind: "html", html: text });
const span = (query, column, format, row = 0) => `<span class="tarn-value" data-query="${query}" data-column="${column}" data-row="${row}"${format ? ` data-format="${format}"` : ""}></span>`;

export const chartSpecs = {
  line: { chart: "line", query: "monthly", title: "Votes a month, by post type", subtitle: "With a linear trend for each type", x: "month", y: "n_votes", color: "type", trend: "fitted" },
  band: { chart: "line", query: "monthly", title: "Votes with a forecast band", x: "month", y: "n_votes", color: "type", band: ["lower", "upper"] },
  line_plain: { chart: "line", query: "one_row", title: "One point", x: "day", y: "n" },
  bar: { chart: "bar", query: "by_country", title: "Users by country", x: "country_name", y: "users", limit: 10 },
  bar_lying: { chart: "bar", query: "by_country", title: "Support by country", subtitle: "US dollars, lifetime", x: "country_name", y: "support_usd", y_format: "usd", horizontal: true, limit: 10 },
  bar_grouped: { chart: "bar", query: "by_country", title: "Users and patrons", x: "country", y: ["users", "patrons"], limit: 8 },
  bar_stacked: { chart: "bar", query: "monthly", title: "Votes, stacked", x: "month", y: "n_votes", color: "type" },
  bar_share: { chart: "bar", query: "monthly", title: "Votes, shares", x: "month", y: "n_votes", color: "type", stack: "normalize" },
  bar_log: { chart: "bar", query: "by_country", title: "Users, log axis", x: "country", y: "users", scale: "log" },
  area: { chart: "area", query: "monthly", title: "Votes, area", x: "month", y: "n_votes", color: "type" },
  area_share: { chart: "area", query: "monthly", title: "Votes, area of shares", x: "month", y: "n_votes", color: "type", stack: "normalize" },
  pie: { chart: "pie", query: "by_country", title: "Users, pie", color: "country_name", value: "users" },
  donut: { chart: "donut", query: "by_country", title: "Users, donut", color: "country_name", value: "users" },
  histogram: { chart: "histogram", query: "support", title: "Support per user", caption: "Log axis; empty bins are left out.", x: "bin_start", bin_end: "bin_end", y: "users", x_title: "Support (USD)", x_format: "usd", scale: "log" },
  histogram_raw: { chart: "histogram", query: "many", title: "Votes per user", x: "votes", bins: 30 },
  scatter: { chart: "scatter", query: "many", title: "Support against votes", x: "votes", y: "support", color: "status", scale: "log", y_format: "usd" },
  scatter_few: { chart: "scatter", query: "by_country", title: "Users and support", x: "users", y: "support_usd", label: "country_name", size: "patrons", y_format: "usd" },
  box: { chart: "box", query: "many", title: "Votes by status", x: "status", y: "votes" },
  heatmap: { chart: "heatmap", query: "heat", title: "Comments by weekday and hour", x: "hour", y: "weekday", value: "comments" },
  dual: { chart: "bar", query: "by_country", title: "Users and support per country", x: "country", y: "users", y2: "support_usd", y2_mark: "point", y2_format: "usd", limit: 12 },
  dual_line: { chart: "line", query: "gaps", title: "Two lines, two axes", x: "day", y: "n", y2: "n" },
  map: { chart: "map", query: "by_country", title: "Users around the world", country: "country", value: "users", label: "country_name" },
  empty: { chart: "line", query: "no_rows", title: "Nothing there", x: "day", y: "n" },
  gaps: { chart: "line", query: "gaps", title: "Gaps", x: "day", y: "n", color: "kind" },
  hostile_bar: { chart: "bar", query: "hostile", title: "<script>alert(1)</script>", x: "<b>name</b>", y: "__proto__", horizontal: true },
  hostile_line: { chart: "line", query: "hostile", title: "Hostile columns", x: "when", y: "a.b[0]", color: "<b>name</b>" },
  wrong: { chart: "bar", query: "by_country", title: "A wrong column", x: "land", y: "users" },
  broken: { chart: "bar", query: "broken", title: "A broken query", x: "a", y: "b" },
};

export function blocks() {
  const c = (name) => chart(name, chartSpecs[name]);
  return [
    html(`<p>The community has ${span("totals", "users", "integer")} users, of whom ${span("totals", "patrons", "integer")} (${span("totals", "share", "percent1")}) are patrons. This text explains what the plots below show, how to read them, and what they leave out. <a href="https://example.org">A link</a> and <code>some code</code>.</p>`),
    chart("numbers", { chart: "value", query: "totals", items: [
      { column: "users", label: "Users", description: "with an account" },
      { column: "patrons", label: "Patrons", compare: "trials", compare_label: "free trials" },
      { column: "share", label: "Share of patrons", format: "percent1", compare: "change", compare_format: "percent1", compare_label: "on last year" },
      { column: "campaign_usd", label: "Campaign support", format: "usd" },
    ] }),
    html("<h2>Over time</h2><p>Votes by month and type. Each line's trend is dashed.</p>"),
    c("line"),
    { kind: "grid", columns: 2, blocks: [c("bar"), c("bar_lying"), c("histogram"), c("donut")] },
    { kind: "note", style: "note", blocks: [html("<p>Support counts successful charges only.</p>")] },
    html("<h2>Around the world</h2>"),
    c("map"),
    { kind: "tabs", tabs: [
      { title: "Table", blocks: [chart("countries", { chart: "table", query: "by_country", title: "Countries", search: true, columns: ["country_name", { column: "users", bar: true }, "patrons", { column: "support_usd", label: "Support", format: "usd", bar: true }, { column: "share", format: "percent1" }] })] },
      { title: "Stacked", blocks: [c("bar_stacked"), c("bar_share")] },
      { title: "Areas", blocks: [c("area"), c("area_share"), c("band")] },
    ] },
    { kind: "grid", columns: 2, blocks: [c("bar_grouped"), c("bar_log"), c("pie"), c("box"), c("scatter"), c("scatter_few"), c("histogram_raw"), c("dual"), c("dual_line"), c("line_plain")] },
    c("heatmap"),
    { kind: "vega_lite", id: "vl", title: "Full Vega-Lite", queries: ["monthly"], spec: { $schema: "https://vega.github.io/schema/vega-lite/v5.json", data: { name: "monthly" }, mark: { type: "bar", tooltip: true }, encoding: { x: { field: "month", type: "temporal", timeUnit: "year" }, y: { aggregate: "sum", field: "n_votes" }, color: { field: "type" } } } },
    { kind: "vega_lite", id: "vl2", title: "Loads something", queries: [], spec: { data: { url: "https://evil.example/data.json" }, mark: "bar" } },
    { kind: "details", title: "How this is counted", open: false, blocks: [html("<p>In a collapsible part.</p>"), c("gaps")] },
    { kind: "if", condition: { query: "totals", column: "users", op: ">", value: 1000 }, blocks: [{ kind: "note", style: "tip", title: "A large community", blocks: [html("<p>More than a thousand users.</p>")] }], otherwise: [html("<p>WRONG BRANCH</p>")] },
    { kind: "note", style: "warning", blocks: [html("<p>The last month is not complete.</p>")] },
    html("<h2>What goes wrong</h2>"),
    c("empty"), c("hostile_bar"), c("hostile_line"), c("wrong"), c("broken"),
    { kind: "error", message: "chart: unknown key `colour`; did you mean `color`?", line: 42 },
    chart("hostile_table", { chart: "table", query: "hostile", title: "Hostile rows" }),
    chart("many_table", { chart: "table", query: "many", title: "Ten thousand rows", rows: 5 }),
    chart("echo_table", { chart: "table", query: "echo", title: "Values", download: false }),
  ];
}

export function dashboard(values = defaults(), more = {}) {
  return {
    name: "users", title: "Users and support", description: "Who is in the community, where they live and what they give.",
    parameters, values, blocks: blocks(),
    queries: Object.fromEntries(Object.entries(queries).map(([name, [depends, , sql]]) => [name, { sql, parameters: depends }])),
    results: Object.keys(queries).map((name) => result(name, values)),
    ...more,
  };
}

export const index = [
  { name: "users", title: "Users and support", description: "Who is in the community, where they live and what they give.", group: "Community" },
  { name: "posts", title: "Posts and comments", description: "What is written, by month and country.", group: "Community" },
  { name: "votes", title: "Votes", description: "What the community wants.", group: "Community" },
  { name: "top", title: "Top countries", description: "The first n by a chosen measure.", group: "Finance" },
];

export function page(more = {}) {
  return { mode: "built", generated: "2026-03-01T08:30:00.000Z", project: "community", dashboards: [dashboard()], report: false, index, ...more };
}
