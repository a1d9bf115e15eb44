// Live pages, against a server that speaks the contract.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { axe, clean, drawAll, eventually, launch, open, ready, settled, shot } from "./browser.mjs";
import { serve } from "./server.mjs";

let browser;
let server;
before(async () => {
  browser = await launch();
  server = await serve();
});
after(async () => {
  await browser.close();
  server.close();
});
beforeEach(() => Object.assign(server.state, { delay: 0, requests: [], aborted: 0, refused: 0, fail: null, correct: null, title: null, eventsDown: false }));

const echo = (page) => page.locator(".table-card").filter({ hasText: "Values" }).locator("td").first().textContent();

test("a page whose results are embedded asks the server for none", async () => {
  const opened = await open(browser, `${server.url}/d/users`);
  await drawAll(opened.page);
  assert.deepEqual(server.state.requests, []);
  assert.deepEqual(await opened.page.getByRole("navigation", { name: "Dashboards" }).getByRole("link").allTextContents(), ["Users and support", "Posts and comments", "Votes", "Top countries"]);
  await opened.page.screenshot({ path: shot("live.png") });
  await clean(opened);
  await opened.context.close();
});

test("text stands on the page before charts.js is there", async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  let release;
  const held = new Promise((done) => (release = done));
  await page.route("**/charts.js", async (route) => (await held, route.continue()));
  await page.goto(`${server.url}/d/users`, { waitUntil: "commit" });
  await page.getByText("12,519").first().waitFor();
  assert.equal(await page.locator(".skeleton-plot").first().isVisible(), true);
  assert.equal(await page.locator("html").getAttribute("data-ready"), "0");
  release();
  await ready(page);
  assert.ok((await page.locator(".vega-host svg").count()) > 0);
  await context.close();
});

test("a page opened again shows its charts before Vega is there; then they are alive", async () => {
  const opened = await open(browser, `${server.url}/d/users`);
  const { page, context } = opened;
  const pictures = () => page.locator(".vega-host").evaluateAll((hosts) => hosts.filter((h) => h.querySelector("svg")).map((h) => h.innerHTML.replace(/[\w-]*(?:clip|gradient_)\d+/g, "")));
  const drawn = await pictures();
  assert.ok(drawn.length > 0);
  const below = await page.locator(".skeleton-plot").count();
  await page.waitForFunction((n) => Object.keys(sessionStorage).filter((name) => name.startsWith("tarn-picture ")).length >= n, drawn.length);
  let release;
  const held = new Promise((done) => (release = done));
  await page.route("**/charts.js*", async (route) => (await held, route.continue()));
  await page.reload({ waitUntil: "commit" });
  await ready(page);
  assert.equal(await page.evaluate(() => window.__tarnCharts === undefined), true);
  assert.deepEqual(await pictures(), drawn);
  assert.equal(await page.locator(".skeleton-plot").count(), below);
  release();
  await page.waitForFunction(() => window.__tarnCharts);
  const chart = page.locator(".plot-focus").filter({ has: page.locator("svg") }).first();
  await chart.focus();
  const tip = page.locator(".tooltip[data-shown='1']");
  await eventually(async () => {
    await chart.press("ArrowRight");
    assert.equal(await tip.count(), 1);
  });
  assert.equal((await pictures())[0], drawn[0]);

  // Other colours are another picture.
  await page.getByRole("button", { name: "Dark colours" }).click();
  await settled(page);
  assert.notEqual((await pictures())[0], drawn[0]);
  await clean(opened);
  await context.close();
});

test("every control sets its value; only what depends on it and is shown is asked for", async () => {
  const opened = await open(browser, `${server.url}/d/users`);
  const { page, context } = opened;
  await page.getByLabel("Search", { exact: true }).fill("'; DROP TABLE users; -- <img src=x onerror=alert(1)>");
  await settled(page);
  assert.deepEqual(server.state.requests.at(-1).queries, ["echo"]);
  assert.equal(JSON.parse(await echo(page))[0], "'; DROP TABLE users; -- <img src=x onerror=alert(1)>");

  await page.getByLabel("Top").fill("99"); // beyond the maximum of 50
  await page.getByLabel("Top").press("Enter");
  await page.getByLabel("Only patrons").click();
  await page.getByLabel("Since").fill("2023-05-06");
  await page.getByLabel("Period, to").fill("2021-03-04"); // before its start, which follows
  await page.getByRole("combobox", { name: "Poll" }).click();
  await page.getByRole("combobox", { name: "Poll" }).fill("poll 17");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.deepEqual(JSON.parse(await echo(page)).slice(1), ["p16", "2023-05-06", { min: "2021-03-04", max: "2021-03-04" }, 50, true]);

  const bins = page.getByRole("slider", { name: "Bins" });
  await bins.focus();
  await page.keyboard.press("ArrowRight");
  await settled(page);
  assert.deepEqual(server.state.requests.at(-1).queries, ["support"]);
  assert.equal(server.state.requests.at(-1).values.bins, 25);

  const countries = page.getByRole("combobox", { name: "Add to Countries" });
  await countries.click();
  await page.screenshot({ path: shot("multi.png") });
  await page.getByRole("option", { name: "Germany" }).click();
  await countries.fill("fran");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.deepEqual(server.state.requests.at(-1).values.countries, ["DE", "FR"]);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Remove Germany" }).click();
  await page.getByLabel("Measure").selectOption("patrons");
  await settled(page);
  assert.deepEqual(await page.locator(".chip").allTextContents(), ["France"]);

  const address = new URLSearchParams(await page.evaluate(() => location.search));
  assert.deepEqual([...address.keys()].sort(), ["bins", "countries", "limit", "measure", "only", "period.max", "period.min", "poll", "q", "since"]);
  await page.screenshot({ path: shot("changed.png") });
  await page.reload(); // the address reopens the view
  await ready(page);
  assert.equal(await bins.inputValue(), "25");
  assert.deepEqual(await page.locator(".chip").allTextContents(), ["France"]);
  await page.getByRole("button", { name: "Reset" }).click();
  await settled(page);
  assert.equal(await page.evaluate(() => location.search), "");
  await clean(opened);
  await context.close();
});

test("only data changed: the running view gets new rows, for less than 150 ms of work", async () => {
  const { page, context } = await open(browser, `${server.url}/d/users`);
  const chart = page.locator("figure.chart").filter({ hasText: "Support per user" });
  await chart.scrollIntoViewIfNeeded();
  await settled(page);
  await chart.locator("svg.marks").evaluate((svg) => (svg.dataset.same = "yes"));
  const bins = page.getByRole("slider", { name: "Bins" });
  // The processor's time, not the clock's: other work on the machine must not fail the test.
  const devtools = await context.newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => (await devtools.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000;
  const start = await spent();
  for (let i = 0; i < 5; i += 1) {
    await bins.focus();
    await page.keyboard.press("ArrowRight");
    await settled(page);
  }
  assert.equal(await chart.locator("svg.marks").getAttribute("data-same"), "yes");
  assert.match(await chart.locator("[id$=-summary]").textContent(), /in 45 bins/);
  const each = ((await spent()) - start) / 5;
  const changes = await page.evaluate(() => window.__tarnTimings.changes.map((c) => c.ms).sort((a, b) => a - b));
  console.log(`a parameter change: ${each.toFixed(0)} ms of the page's processor time; by the clock, ms: ${changes.join(" ")}`);
  assert.ok(each < 150, `${each} ms`);
  await context.close();
});

test("a newer change aborts the request before it; old rows stay, dimmed, until new ones come", async () => {
  server.state.delay = 2000;
  const { page, context, trouble } = await open(browser, `${server.url}/d/users`);
  const bins = page.getByRole("slider", { name: "Bins" });
  await bins.focus();
  await page.keyboard.press("ArrowRight");
  await eventually(() => assert.equal(server.state.requests.length, 1));
  assert.equal(await page.locator("html").getAttribute("data-ready"), "0");
  await page.keyboard.press("ArrowRight");
  await page.locator(".plot.stale").first().waitFor();
  await eventually(() => assert.deepEqual([server.state.requests.length, server.state.aborted], [2, 1]));
  await ready(page);
  assert.equal(await page.locator(".plot.stale").count(), 0);
  assert.equal(server.state.requests.length, 2);
  server.state.delay = 0;
  server.state.requests.length = 0;
  await page.keyboard.press("ArrowLeft"); // seen before? no: it was aborted
  await settled(page);
  await page.keyboard.press("ArrowRight"); // but this one is known
  await settled(page);
  assert.equal(server.state.requests.length, 1);
  assert.deepEqual(trouble, []);
  await context.close();
});

test("a failing request shows the server's error, and trying again helps", async () => {
  server.state.fail = { class: "INTERNAL_ERROR", message: "out of <b>luck</b>", sqlstate: "XX000" };
  const { page, context } = await open(browser, `${server.url}/d/users`);
  await page.getByLabel("Search", { exact: true }).fill("x");
  await settled(page);
  const card = page.locator(".error-card").filter({ hasText: "out of <b>luck</b>" });
  assert.equal(await card.count(), 1);
  server.state.fail = null;
  await card.getByRole("button", { name: "Try again" }).click();
  await settled(page);
  assert.equal(JSON.parse(await echo(page))[0], "x");
  await context.close();
});

test("what the server chooses otherwise is shown as chosen", async () => {
  server.state.correct = { poll: "p3" }; // say, because the options changed
  const { page, context } = await open(browser, `${server.url}/d/users`);
  await page.getByLabel("Search", { exact: true }).fill("x");
  await settled(page);
  assert.match(await page.getByRole("combobox", { name: "Poll" }).inputValue(), /^Poll 4:/);
  assert.deepEqual(JSON.parse(await echo(page)).slice(0, 2), ["x", "p3"]);
  assert.equal(await page.evaluate(() => location.search), "?poll=p3&q=x");
  assert.equal(server.state.requests.length, 1);
  await context.close();
});

test("after a save the page changes in place: scroll, tab and values stay", async () => {
  const { page, context } = await open(browser, `${server.url}/d/users?bins=30`);
  await page.getByRole("tab", { name: "Stacked" }).click();
  await settled(page);
  await page.evaluate(() => scrollTo(0, 900));
  await page.getByRole("slider", { name: "Bins" }).fill("40");
  await settled(page);
  const scroll = await page.evaluate(() => scrollY);
  server.state.title = "Renamed";
  server.notify({ dashboard: "another" });
  await settled(page);
  assert.equal(await page.locator("h1").textContent(), "Users and support");
  server.notify({ dashboard: "users" });
  await page.getByRole("heading", { name: "Renamed" }).waitFor({ state: "attached" });
  await ready(page);
  assert.equal(await page.evaluate(() => scrollY), scroll);
  assert.equal(await page.getByRole("tab", { name: "Stacked" }).getAttribute("aria-selected"), "true");
  assert.equal(await page.getByRole("slider", { name: "Bins" }).inputValue(), "40");
  await context.close();
});

test("a lost connection is taken up again, and what was missed is fetched", async () => {
  const { page, context } = await open(browser, `${server.url}/d/users`);
  await eventually(() => assert.equal(server.state.streams.size, 1));
  server.state.eventsDown = true;
  server.dropStreams();
  await eventually(() => assert.ok(server.state.refused > 0, "it tries again"));
  server.state.title = "While away";
  server.state.eventsDown = false;
  await page.getByRole("heading", { name: "While away" }).waitFor({ timeout: 60_000 });
  await context.close();
});

test("downloads: XLSX from the server, with the values of now", async () => {
  const { page, context } = await open(browser, `${server.url}/d/users?countries=DE&countries=FR`);
  const link = page.locator(".table-card").first().getByRole("link", { name: /XLSX/ });
  assert.equal(await link.getAttribute("href"), "/api/dashboards/users/table/by_country.xlsx?countries=DE&countries=FR");
  await context.close();
});

test("printing fetches what was never shown: a tab's data for the values of now", async () => {
  const { page, context } = await open(browser, `${server.url}/d/users`);
  await page.evaluate(() => (window.print = () => (window.__printed = document.querySelectorAll(".vega-host svg, .vega-host canvas").length)));
  await page.getByRole("combobox", { name: "Add to Post types" }).click();
  await page.getByRole("option", { name: "Poll" }).click();
  await settled(page);
  await page.getByRole("button", { name: "Print or save as PDF" }).click();
  await page.waitForFunction(() => window.__printed > 0);
  assert.equal(await page.evaluate(() => window.__printed), 26);
  assert.equal(await page.locator(".skeleton-plot").count(), 0);
  await context.close();
});

test("the index has a card for each dashboard", async () => {
  for (const scheme of ["light", "dark"]) {
    const opened = await open(browser, `${server.url}/`, { scheme });
    assert.equal(await opened.page.locator(".index-card").count(), 4);
    assert.equal(await opened.page.getByRole("main").getByRole("link", { name: "Votes" }).getAttribute("href"), "/d/votes");
    await axe(opened.page);
    await opened.page.screenshot({ path: shot(`index-${scheme}.png`) });
    await clean(opened);
    await opened.context.close();
  }
});
