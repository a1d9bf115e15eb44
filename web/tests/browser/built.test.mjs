// Built pages: one file, no server. What is drawn, what is read out, what is printed, and what harmful data can do (nothing).
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { axe, clean, drawAll, eventually, launch, open, ready, settled, shot } from "./browser.mjs";
import { dashboard, defaults, hostileTexts, page as makePage, result } from "./fixtures.mjs";
import { builtShell } from "./shell.mjs";

let browser;
const file = (name, page) => {
  writeFileSync(shot(name), builtShell(page));
  return `file://${shot(name)}`;
};
let url;
before(async () => {
  browser = await launch();
  url = file("built.html", makePage());
});
after(() => browser.close());

for (const width of [1280, 390]) {
  for (const scheme of ["light", "dark"]) {
    test(`${width} px, ${scheme}: every block is there, no part is wider than the page, axe finds nothing`, async () => {
      const opened = await open(browser, url, { width, scheme });
      const { page, context } = opened;
      await page.screenshot({ path: shot(`top-${width}-${scheme}.png`) });
      await drawAll(page);
      const drawn = await page.locator("figure.chart .vega-host svg, figure.chart .vega-host canvas").count();
      assert.equal(drawn, 20, "charts");
      assert.equal(await page.locator(".plot-failure").count(), 0);
      assert.equal(await page.locator(".error-card").count(), 4); // a loading spec, a wrong column, a broken query, a broken block
      assert.ok(!(await page.locator("main").innerText()).includes("WRONG BRANCH"));
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      await axe(page);
      await clean(opened);
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      const part = width > 500 ? 1500 : 2400;
      for (let i = 0; i * part < height; i += 1) {
        await page.screenshot({ path: shot(`page-${width}-${scheme}-${i}.png`), fullPage: true, clip: { x: 0, y: i * part, width, height: Math.min(part, height - i * part) } });
      }
      await context.close();
    });
  }
}

test("values in text and big numbers are what the query says", async () => {
  const { page, context } = await open(browser, url);
  assert.match(await page.locator(".prose").first().textContent(), /has 12,519 users, of whom 1,287 \(10\.3%\) are patrons/);
  assert.deepEqual(await page.locator(".value-number").allTextContents(), ["12,519", "1,287", "10.3%", "$96,413"]);
  await context.close();
});

test("errors say class, message and line; wrong columns name those there are", async () => {
  const { page, context } = await open(browser, url);
  const cards = await page.locator(".error-card").allTextContents();
  assert.ok(cards.some((t) => t.includes("TABLE_OR_VIEW_NOT_FOUND") && t.includes("`nope` cannot be found") && t.includes("line 14")), cards.join("\n"));
  assert.ok(cards.some((t) => t.includes("there is no column land. Columns: country, country_name, users")));
  assert.ok(cards.some((t) => t.includes("line 42")));
  await context.close();
});

test("harmful text is shown as text", async () => {
  const opened = await open(browser, url);
  const { page, context } = opened;
  await drawAll(page);
  const cells = await page.locator(".table-card").filter({ hasText: "Hostile rows" }).locator("td:first-child").allTextContents();
  assert.deepEqual(cells, hostileTexts.slice(0, 10).map((t) => t || "–"));
  assert.equal(await page.locator("img, iframe, object, embed").count(), 0);
  const chart = page.locator("figure.chart").filter({ hasText: "<script>alert(1)</script>" });
  await chart.locator(".plot-focus").hover();
  await page.locator(".tooltip").filter({ hasText: /\d/ }).waitFor();
  await clean(opened);
  await context.close();
});

test("every chart has a name, a summary and its data as a table", async () => {
  const { page, context } = await open(browser, url);
  await drawAll(page);
  const charts = await page.$$eval("figure.chart", (all) => all.map((f) => {
    const focus = f.querySelector(".plot-focus");
    return {
      title: f.querySelector(".chart-title, [id$=-title]")?.textContent,
      name: focus?.getAttribute("aria-label") ?? "",
      summary: focus ? document.getElementById(focus.getAttribute("aria-describedby"))?.textContent : "empty",
      data: f.querySelector(".chart-data") !== null,
    };
  }));
  for (const chart of charts) assert.ok(chart.title && chart.summary.length > 4 && chart.data, JSON.stringify(chart));
  const first = page.locator("figure.chart").first();
  await first.locator("summary").first().click();
  await first.locator("tbody tr").first().waitFor();
  assert.equal(await first.locator("tbody tr").count(), 10);
  assert.match(await first.locator(".pager").textContent(), /1–10 of 120 rows/);
  await context.close();
});

test("tables sort, search, page, and are saved as CSV", async () => {
  const { page, context } = await open(browser, url);
  const card = page.locator(".table-card").filter({ hasText: "Countries" }).first();
  const firstCell = () => card.locator("tbody tr:first-child td").first().textContent();
  assert.equal(await firstCell(), "United States");
  await card.getByRole("button", { name: "Country name" }).click();
  assert.equal(await firstCell(), "Argentina");
  assert.equal(await card.locator("th").first().getAttribute("aria-sort"), "ascending");
  await card.getByRole("button", { name: "Users" }).press("Enter");
  assert.equal(await firstCell(), "United States");
  await card.getByRole("button", { name: /Next rows/ }).click();
  assert.match(await card.locator(".pager").textContent(), /11–19 of 19 rows/);
  await card.getByRole("searchbox").fill("united k");
  assert.equal(await card.locator("tbody tr").count(), 1);
  const [download] = await Promise.all([page.waitForEvent("download"), card.getByRole("button", { name: /CSV/ }).click()]);
  const csv = readFileSync(await download.path(), "utf8");
  assert.equal(csv, `\ufeffcountry,country_name,users,patrons,support_usd,share\r\nGB,United Kingdom,1240,149,6324,${1240 / 12519}\r\n`);
  await context.close();
});

test("keyboard: skip link, tabs, a chart's places, its legend", async () => {
  const { page, context } = await open(browser, url);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to content");
  await page.getByRole("tab", { name: "Table" }).focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getByRole("tab", { name: "Stacked" }).getAttribute("aria-selected"), "true");
  await page.keyboard.press("End");
  assert.ok(await page.getByRole("tabpanel", { name: "Areas" }).isVisible());
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Table");

  const chart = page.locator("figure.chart").first();
  await chart.locator(".plot-focus[tabindex='0']").focus();
  await ready(page);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await eventually(async () => assert.match(await chart.locator("[aria-live]").textContent(), /^Feb 2022: video [\d,]+ \(trend [\d,.]+\), text/));
  await page.locator(".tooltip").filter({ hasText: "Feb 2022" }).waitFor();
  await page.screenshot({ path: shot("tooltip.png") });
  await page.keyboard.press("Escape");
  await page.locator(".tooltip[data-shown='0']").waitFor({ state: "attached" });

  const lines = () => chart.locator(".mark-line path").count();
  const before = await lines();
  await chart.getByRole("button", { name: "video" }).focus();
  await page.keyboard.press("Space");
  await settled(page);
  assert.equal(await lines(), before - 2); // the line and its trend
  await context.close();
});

test("keyboard: charts without an axis are gone through by arrow keys too", async () => {
  const { page, context } = await open(browser, url);
  const chart = page.locator("figure.chart").filter({ hasText: "Users, donut" });
  await chart.scrollIntoViewIfNeeded();
  await chart.locator(".mark-arc path").first().waitFor(); // A chart is drawn some time after it comes near the view.
  await ready(page);
  await chart.locator(".plot-focus[tabindex='0']").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await chart.locator("[aria-live]").filter({ hasText: "Germany: Users 1,830, Share 14.6%" }).waitFor({ state: "attached" });
  await page.locator(".tooltip").filter({ hasText: "Germany" }).waitFor();
  await context.close();
});

test("pointing at a slice or a country says what it is", async () => {
  const { page, context } = await open(browser, url);
  await drawAll(page);
  for (const [title, pattern, mark] of [["Users, donut", /Germany[\s\S]*1,830[\s\S]*14\.6%/, '.mark-arc path:nth-of-type(2)'], ["Comments by weekday", /Mon · 0:00/, ".mark-rect path >> nth=0"], ["Full Vega-Lite", /Sum of n_votes\s*[\d,]+/, ".mark-rect path >> nth=0"]]) {
    const chart = page.locator("figure.chart").filter({ hasText: title });
    await chart.scrollIntoViewIfNeeded();
    await chart.locator(mark).first().waitFor();
    await ready(page);
    const box = await chart.locator(mark).first().boundingBox();
    // A donut's bounding box has its hole in the middle: aim between.
    await page.mouse.move(box.x + box.width * (title.includes("donut") ? 0.45 : 0.5), box.y + box.height * (title.includes("donut") ? 0.8 : 0.5));
    await eventually(async () => assert.match(await page.locator(".tooltip").innerText(), pattern));
  }
  await context.close();
});

test("a built page offers what it holds and disables the rest", async () => {
  const base = dashboard();
  base.results = base.results.concat([5, 40].map((bins) => result("support", { ...defaults(), bins })));
  const { page, context, trouble } = await open(browser, `${file("bins.html", makePage({ dashboards: [base] }))}?bins=40`);
  assert.equal(await page.getByRole("slider", { name: "Bins" }).inputValue(), "40");
  const rows = async () => {
    const chart = page.locator("figure.chart").filter({ hasText: "Support per user" });
    return (await chart.locator("[id$=-summary]").textContent()).match(/in (\d+) bins/)?.[1];
  };
  assert.equal(await rows(), "40");
  await page.getByRole("slider", { name: "Bins" }).fill("5");
  await settled(page);
  assert.equal(await rows(), "5");
  assert.equal(await page.evaluate(() => location.search), "?bins=5");
  await page.getByRole("slider", { name: "Bins" }).fill("10"); // not embedded
  await settled(page);
  assert.match(await page.locator("figure.chart").filter({ hasText: "Support per user" }).textContent(), /open live to change/);
  assert.ok(await page.getByLabel("Search", { exact: true }).isDisabled());
  assert.equal(await page.locator(".control-text").getAttribute("title"), "Open live to change");
  assert.deepEqual(trouble, []);
  await context.close();
});

test("built dashboards link to each other, and to the index", async () => {
  const { page, context } = await open(browser, url);
  const links = await page.locator(".topbar a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  assert.deepEqual(links, ["index.html", "users.html", "posts.html", "votes.html", "top.html"]);
  await context.close();
  const home = await open(browser, file("index.html", makePage({ dashboards: [] })));
  assert.equal(await home.page.locator(".index-card").count(), 4);
  await clean(home);
  await home.context.close();
});

test("light and dark by the reader's choice, kept", async () => {
  const { page, context } = await open(browser, url);
  await page.getByRole("button", { name: "Dark colours" }).click();
  await settled(page);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(15, 21, 27)");
  await page.reload();
  await ready(page);
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await context.close();
});

test("on paper: all charts, everything open, nothing to press, light", async () => {
  const opened = await open(browser, url, { scheme: "dark" });
  const { page, context } = opened;
  await page.pdf({ path: shot("print.pdf"), format: "A4", printBackground: true });
  await page.close();
  await context.close();
  const plain = await open(browser, `${url}#print`, { scheme: "dark" }); // the same on a screen
  assert.equal(await plain.page.locator("figure.chart .vega-host svg, figure.chart .vega-host canvas").count(), 26); // tabs and details too
  assert.equal(await plain.page.locator(".controls:visible").count(), 0);
  assert.match(await plain.page.locator(".printed-values").innerText(), /Poll: Poll 1: which feature should come first\?/);
  assert.ok(await plain.page.getByText("In a collapsible part.").isVisible());
  await clean(plain);
  await plain.context.close();
});

test("a report: one dashboard after the other, with contents and a date", async () => {
  const second = { ...dashboard(), name: "votes", title: "Votes", blocks: dashboard().blocks.slice(0, 4) };
  const opened = await open(browser, file("report.html", makePage({ report: true, dashboards: [{ ...dashboard(), blocks: dashboard().blocks.slice(0, 7) }, second] })));
  const { page, context } = opened;
  assert.match(await page.locator(".report-head").textContent(), /1 March 2026.*Contents/s);
  await page.getByRole("navigation", { name: "Table of contents" }).getByRole("link", { name: "Votes" }).click();
  await page.waitForFunction(() => location.hash === "#d-votes");
  const ids = await page.$$eval("[id]", (all) => all.map((e) => e.id));
  assert.equal(new Set(ids).size, ids.length, "ids are unique");
  await drawAll(page);
  await axe(page);
  await clean(opened);
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: shot("report.png") });
  await page.pdf({ path: shot("report.pdf"), format: "A4", printBackground: true });
  await context.close();
});
