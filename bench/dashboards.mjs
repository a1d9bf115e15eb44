// How fast pages open and change in Chromium. Called by bench/dashboards.py, which prints what this answers as JSON.
//
//   node bench/dashboards.mjs '{"tarn": BINARY, "root": LAKEHOUSE, "project": FOLDER, "runs": 5}'
//   node bench/dashboards.mjs '{"site": FOLDER OF A BUILT SITE, "pages": {NAME: {"path": "/", "text": "55,000"}}, "runs": 5}'
//
// Cold is a browser context that has seen nothing (no HTTP or code cache) and, for Tarn, a server just started, which has run no
// query. Warm is a reload half a second later. Tarn's pages tell themselves when all in view is drawn (window.__tarnTimings); all times count from the
// start of the navigation. `work` is the processor time of the page's main thread, which other programs cannot lengthen much.
import { spawn } from "node:child_process";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";

const { chromium } = createRequire(new URL("../web/package.json", import.meta.url))("playwright-core");
const flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const patience = 120_000; // ms; a loaded machine is slow, and its figures are thrown away anyway

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const figures = ["cold", "coldAnswer", "coldWork", "warm", "warmAnswer", "warmWork"];
const answer = (page) => page.evaluate(() => performance.getEntriesByType("navigation")[0].responseEnd);
const ready = (page) => page.waitForSelector("html[data-ready='1']", { state: "attached", timeout: patience });

async function newPage(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(error.message));
  const devtools = await context.newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const work = async () => (await devtools.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000;
  return { page, context, work, trouble };
}

// The main thread's milliseconds during `act`. Another process may take over the page, whose count starts anew.
async function spent(work, act) {
  const before = await work();
  await act();
  const after = await work();
  return after >= before ? after - before : after;
}

async function startServer({ tarn, project, root }) {
  const server = spawn(tarn, ["dashboard", "serve", project, "--root", root, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => server.once("exit", done));
  const line = await new Promise((done, fail) => {
    server.stdout.once("data", (data) => done(String(data)));
    server.once("exit", (status) => fail(new Error(`tarn dashboard serve ended with ${status}`)));
  });
  server.stdout.resume();
  return { url: `http://127.0.0.1:${/:(\d+)\//.exec(line)[1]}`, stop: () => (server.kill("SIGTERM"), ended) };
}

// Sets every parameter but free text once, to a value that nobody asked for before in this server: no result is known.
async function changeAll(page, work, run) {
  const { parameters } = await page.evaluate(() => JSON.parse(document.getElementById("tarn-page").textContent).dashboards[0]);
  const found = [];
  for (const parameter of parameters) {
    const control = page.locator(`.control-${parameter.type}`).filter({ hasText: parameter.label });
    const act = await actOf(parameter, control, run);
    if (!act) continue;
    const count = await page.evaluate(() => window.__tarnTimings.changes.length);
    const processor = await spent(work, async () => {
      await act();
      await page.waitForFunction((n) => window.__tarnTimings.changes.length > n, count);
      await pause(100); // whatever the change set off besides
      await ready(page);
    });
    const redraws = await page.evaluate((n) => window.__tarnTimings.changes.slice(n).map((c) => c.ms), count);
    found.push({ parameter: parameter.name, ms: redraws.reduce((a, b) => a + b, 0), work: processor });
  }
  return found;
}

async function actOf(parameter, control, run) {
  const { type } = parameter;
  if (type === "slider") {
    const step = parameter.step ?? 1;
    const slider = control.getByRole("slider");
    const next = Number(await slider.inputValue()) + step;
    return () => slider.fill(String(next <= parameter.max ? next : parameter.min));
  }
  if (type === "date_range") return () => control.locator("input[type=date]").first().fill(`201${run % 10}-02-01`);
  if (type !== "dropdown") return null;
  const select = control.locator("select");
  if (await select.count()) {
    const [now, values] = await select.evaluate((s) => [s.selectedIndex, [...s.options].map((o) => o.value)]);
    return () => select.selectOption(values[(now + 1) % values.length]);
  }
  // A long list is a combobox: the change begins when its option is taken.
  const box = control.getByRole("combobox");
  return async () => {
    await box.click();
    for (let i = 0; i <= run + 1; i += 1) await box.press("ArrowDown");
    await box.press("Enter");
  };
}

// So that every chart has been near the view, and takes part in later changes.
async function scrollThrough(page) {
  await page.evaluate(async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += 400) {
      scrollTo(0, y);
      await new Promise((done) => setTimeout(done, 50));
    }
    scrollTo(0, 0);
  });
  await pause(150);
  await ready(page);
}

// One fresh server and one fresh browser context for one dashboard.
async function measureOnce(browser, options, name, run) {
  const server = await startServer(options);
  try {
    const { page, context, work, trouble } = await newPage(browser);
    const at = () => page.evaluate(() => window.__tarnTimings.ready);
    const url = `${server.url}/d/${name}`;
    const once = { coldWork: await spent(work, async () => (await page.goto(url, { timeout: patience }), await ready(page))), cold: await at() };
    once.coldAnswer = await answer(page);
    await pause(500); // nobody is faster
    once.warmWork = await spent(work, async () => (await page.reload({ timeout: patience }), await ready(page)));
    once.warm = await at();
    once.warmAnswer = await answer(page);
    once.values = await page.locator(".card.value").evaluateAll((cards) => cards.map((card) => card.textContent));
    await scrollThrough(page);
    once.errors = [...trouble, ...(await page.locator(".error-card, [role=alert]").allTextContents())];
    once.changes = await changeAll(page, work, run);
    await context.close();
    return once;
  } finally {
    await server.stop();
  }
}

async function dashboards(browser, options) {
  const result = {};
  for (const name of options.names) {
    const runs = [];
    for (let run = 0; run < options.runs; run += 1) runs.push(await measureOnce(browser, options, name, run));
    const errors = runs.flatMap((run) => run.errors);
    if (errors.length) throw new Error(`${name}: ${errors.join("; ")}`);
    const middle = (of) => median(runs.map(of));
    result[name] = {
      ...Object.fromEntries(figures.map((key) => [key, middle((run) => run[key])])),
      values: runs[0].values,
      changes: runs[0].changes.map(({ parameter }, i) => ({ parameter, ms: middle((run) => run.changes[i].ms), work: middle((run) => run.changes[i].work) })),
    };
  }
  return result;
}

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml" };

// A plain file server, which lets the browser keep what it has.
function serveFiles(folder) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    let file = join(folder, path);
    if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
    if (path.includes("..") || !existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream", "Content-Length": statSync(file).size, "Cache-Control": "max-age=3600" });
    createReadStream(file).pipe(response);
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done({ url: `http://127.0.0.1:${server.address().port}`, stop: () => (server.closeAllConnections(), server.close()) })));
}

// A page of a built site is there when its text has `text` and as many charts as `charts` are drawn. Looked at every frame.
async function site(browser, { site: folder, pages, runs }) {
  const server = await serveFiles(folder);
  const result = {};
  for (const [name, { path, text, charts }] of Object.entries(pages)) {
    const found = [];
    for (let run = 0; run < runs; run += 1) {
      const { page, context, work } = await newPage(browser);
      const there = () =>
        page.waitForFunction(([text, charts]) => document.body?.innerText.includes(text) && document.querySelectorAll("main canvas, main svg[width] g").length >= charts && performance.now(), [text, charts]).then((handle) => handle.jsonValue());
      const once = {};
      once.coldWork = await spent(work, async () => (await page.goto(server.url + path, { timeout: patience, waitUntil: "commit" }), (once.cold = await there())));
      once.coldAnswer = await answer(page);
      await page.waitForLoadState("networkidle");
      once.warmWork = await spent(work, async () => (await page.reload({ timeout: patience, waitUntil: "commit" }), (once.warm = await there())));
      once.warmAnswer = await answer(page);
      found.push(once);
      await context.close();
    }
    result[name] = Object.fromEntries(figures.map((key) => [key, median(found.map((run) => run[key]))]));
  }
  server.stop();
  return result;
}

const options = JSON.parse(process.argv[2]);
const browser = await chromium.launch({ executablePath: process.env.TARN_CHROMIUM ?? "/usr/bin/chromium", args: flags.split(" ") });
try {
  console.log(JSON.stringify(options.site ? await site(browser, options) : await dashboards(browser, options)));
} finally {
  await browser.close();
}
