// Every dashboard of the example, live and built: what the page shows is what SQL says.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { axe, clean, drawAll, launch, open, ready, settled, shot } from "../../web/tests/browser/browser.mjs";

const tarn = process.env.TARN ?? "build/tarn";
const example = "examples/patreon";
const folder = mkdtempSync(join(tmpdir(), "tarn-browser-"));
const root = join(folder, "root");
const names = ["users", "posts_and_comments", "votes", "top_countries", "comment_summary"].filter((name) => existsSync(`${example}/dashboards/${name}.md`));
let browser, server, url;

const run = (...args) => execFileSync(tarn, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 26 });
const sql = (text, ...params) =>
  run("sql", "--root", root, "--format", "jsonl", ...params.flatMap((param) => ["--param", param]), "-c", `USE main.patreon; ${text}`)
    .trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
const integer = (n) => Number(n).toLocaleString("en-US");

before(async () => {
  let source = resolve("../shared/data/patreon");
  if (!existsSync(source)) {
    source = join(folder, "data");
    execFileSync(process.env.TARN_GENERATE ?? "build/patreon-generate", ["--size", "tiny", "--out", source]);
    console.log("# ../shared/data/patreon is not there: a generated community stands in");
  }
  run("run", example, "--var", `source=${source}`, "--root", root);
  server = spawn(tarn, ["dashboard", "serve", example, "--root", root, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((done) => server.stdout.once("data", (data) => done(String(data))));
  url = `http://127.0.0.1:${/:(\d+)\//.exec(line)[1]}`;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

const cardOf = (page, title) => page.locator(".card").filter({ has: page.locator(".chart-title", { hasText: new RegExp(`^${title}$`) }) }).first();

// The data that a chart or table card shows, as its accessible table: rows of texts.
const tableOf = async (page, title) => {
  const card = cardOf(page, title);
  const data = card.locator("details");
  if (await data.count()) await data.first().evaluate((details) => (details.open = true));
  await card.locator("tbody tr").first().waitFor();
  const [next, previous] = [card.getByRole("button", { name: /^Next rows/ }), card.getByRole("button", { name: /^Previous rows/ })];
  while ((await previous.count()) && !(await previous.first().isDisabled())) await previous.first().click();
  const rows = [];
  while (true) {
    rows.push(...(await card.locator("tbody tr").evaluateAll((found) => found.map((row) => [...row.querySelectorAll("td, th")].map((cell) => cell.textContent.trim())))));
    if (!(await next.count()) || (await next.first().isDisabled())) return rows;
    await next.first().click();
  }
};
const valueOf = (page, label) => page.locator(".card.value").filter({ hasText: label }).first().locator(".value-number").textContent();
const lastChange = (page) => page.evaluate(() => window.__tarnTimings.changes.at(-1)?.ms);

for (const name of names) {
  for (const scheme of ["light", "dark"]) {
    test(`${name} is drawn, accessible and silent (${scheme})`, async () => {
      const opened = await open(browser, `${url}/d/${name}`, { scheme });
      await drawAll(opened.page);
      assert.equal(await opened.page.locator(".error-card, [role=alert]").count(), 0);
      await opened.page.screenshot({ path: shot(`example-${name}-${scheme}.png`), fullPage: true });
      await axe(opened.page);
      await clean(opened);
      await opened.context.close();
    });
  }
}

test("users: totals, histogram, and countries in the chosen order", async () => {
  const opened = await open(browser, `${url}/d/users`);
  const { page } = opened;
  const [totals] = sql("SELECT count(*) AS users, count_if(patreon_status_is_patron) AS patrons, count_if(patreon_status_is_follower) AS followers, sum(patreon_status_lifetime_support_cents) / 100 AS usd FROM users_bronze");
  assert.equal(await valueOf(page, "Users"), integer(totals.users));
  assert.equal(await valueOf(page, "Patrons"), integer(totals.patrons));
  assert.equal(await valueOf(page, "Followers"), integer(totals.followers));
  assert.equal(await valueOf(page, "Lifetime support"), `$${integer(Math.round(totals.usd))}`);
  await drawAll(page);
  const supporters = sql("SELECT count(*) AS n FROM users_bronze WHERE patreon_status_lifetime_support_cents > 0")[0].n;
  for (const bins of [20, 10]) {
    if (bins !== 20) {
      await page.getByLabel("Bins").fill(String(bins));
      await settled(page);
      console.log(`# a slider's change redrawn in ${await lastChange(page)} ms`);
    }
    const rows = await tableOf(page, "Supporters by what they gave");
    assert.ok(rows.length <= bins && rows.length > bins / 2, `${rows.length} bars`);
    assert.equal(rows.reduce((sum, row) => sum + Number(row.at(-1).replaceAll(",", "")), 0), supporters);
  }
  for (const [choice, order] of [["Users", "users"], ["Share of patrons", "patrons / users"]]) {
    await page.getByLabel("Order countries by").selectOption({ label: choice });
    await settled(page);
    const expected = sql(`SELECT coalesce(country, 'unknown') AS country, count(*) AS users, count_if(patreon_status_is_patron) AS patrons FROM users_bronze GROUP BY ALL ORDER BY ${order} DESC, country LIMIT 5`);
    const rows = await tableOf(page, "Users, patrons and support by country");
    assert.deepEqual(rows.slice(0, 5).map((row) => [row[0], row[1], row[3]]), expected.map((row) => [row.country, integer(row.users), integer(row.patrons)]));
  }
  assert.match(await page.evaluate(() => location.search), /order_by=patron_share/);
  await page.reload();
  await ready(page);
  assert.equal(await page.getByLabel("Order countries by").inputValue(), "patron_share");
  await clean(opened);
  await opened.context.close();
});

test("posts and comments: the trend is a straight line, the period filters", async () => {
  const opened = await open(browser, `${url}/d/posts_and_comments`);
  const { page } = opened;
  await drawAll(page);
  const trends = await tableOf(page, "Trend of each type");
  const counts = sql("SELECT type, count(*) AS n FROM posts_bronze GROUP BY ALL ORDER BY n DESC");
  assert.deepEqual(trends.map((row) => [row[0], row[1]]), counts.map((row) => [row.type, integer(row.n)]));
  const [from, to] = ["2012-01-01", "2012-12-31"];
  const dates = page.locator(".control-date_range input[type=date]");
  await dates.nth(0).fill(from);
  await dates.nth(1).fill(to);
  await settled(page);
  const rows = await tableOf(page, "Comments by country and patron status in the chosen period");
  const expected = sql(`SELECT coalesce(country, 'unknown') AS c, count(*) AS n FROM flat_post_comments_join_silver WHERE date(created_at_date) BETWEEN DATE'${from}' AND DATE'${to}' GROUP BY ALL ORDER BY n DESC, c LIMIT 8`);
  const shown = new Map();
  for (const row of rows) shown.set(row[0], (shown.get(row[0]) ?? 0) + Number(row.at(-1).replaceAll(",", "")));
  assert.deepEqual([...shown], expected.map((row) => [row.c, row.n]));
  await clean(opened);
  await opened.context.close();
});

test("votes: one poll by its title, with and without weight", async () => {
  const opened = await open(browser, `${url}/d/votes`);
  const { page } = opened;
  await drawAll(page);
  const polls = sql("SELECT post_id_oid AS id, count(*) AS n FROM flat_post_votes_join_silver WHERE `option` <> '' GROUP BY ALL ORDER BY n DESC, id LIMIT 3");
  await page.goto(`${url}/d/votes?poll=${polls[2].id}`);
  await ready(page);
  await drawAll(page);
  const [totals] = sql("SELECT first(translations_title) AS title, count(*) AS votes, count(DISTINCT user_id_oid) AS voters FROM flat_post_votes_join_silver WHERE post_id_oid = :poll", `poll=${polls[2].id}`);
  await page.getByText(`${integer(totals.votes)} votes of ${integer(totals.voters)} people`).waitFor();
  for (const weight of ["votes", "weighted"]) {
    await page.getByLabel("Count", { exact: true }).selectOption(weight);
    await settled(page);
    const expected = sql(`SELECT p.\`option\` AS choice, count(v.vote_id_oid) AS votes, coalesce(sum(v.vote_weight), 0) AS weighted FROM posts_english_silver AS p
      LEFT JOIN flat_post_votes_join_silver AS v ON v.post_id_oid = p.id_oid AND v.vote_index = p.\`index\` WHERE p.id_oid = :poll GROUP BY p.\`index\`, p.\`option\` ORDER BY ${weight} DESC, p.\`index\``, `poll=${polls[2].id}`);
    const leader = await page.locator(".tarn-value[data-query=poll_options]").first().textContent();
    assert.equal(leader, expected[0].choice);
  }
  await clean(opened);
  await opened.context.close();
});

test("top countries: the first n by a measure, and the others", async () => {
  const opened = await open(browser, `${url}/d/top_countries?measure=comments&top=5`);
  const { page } = opened;
  await drawAll(page);
  const rows = await tableOf(page, "All measures");
  const expected = sql("SELECT coalesce(country, 'unknown') AS c, count(*) AS n FROM flat_post_comments_join_silver GROUP BY ALL ORDER BY n DESC, c");
  assert.equal(rows.length, 6);
  assert.deepEqual(rows.slice(0, 5).map((row) => [row[0], row[5]]), expected.slice(0, 5).map((row) => [row.c, integer(row.n)]));
  assert.equal(rows[5][0], "others");
  assert.equal(rows[5][5], integer(expected.slice(5).reduce((sum, row) => sum + row.n, 0)));
  await clean(opened);
  await opened.context.close();
});

test("comment summary: a summary, moods and topics; with few comments, these themselves", async () => {
  const busy = sql("SELECT post_id_oid AS id, count(*) AS n FROM posts_comments_bronze JOIN posts_bronze AS p ON p.id_oid = post_id_oid GROUP BY ALL ORDER BY n DESC, id LIMIT 1")[0];
  const quiet = sql("SELECT post_id_oid AS id, count(*) AS n FROM posts_comments_bronze JOIN posts_bronze AS p ON p.id_oid = post_id_oid GROUP BY ALL HAVING n < 5 ORDER BY n DESC, id LIMIT 1")[0];
  const opened = await open(browser, `${url}/d/comment_summary`);
  const { page } = opened;
  await drawAll(page);
  assert.ok((await page.locator(".tarn-value[data-query=summary][data-column=summary]").textContent()).length > 40);
  const moods = await tableOf(page, "Mood of the comments");
  assert.equal(moods.reduce((sum, row) => sum + Number(row[1].replaceAll(",", "")), 0), busy.n);
  assert.match((await tableOf(page, "What the models were asked today, and what it cost")).flat().join(" "), /tarn-local/);
  await page.goto(`${url}/d/comment_summary?post=${quiet.id}`);
  await ready(page);
  assert.equal((await tableOf(page, "Comments")).length, quiet.n);
  assert.equal(await page.locator(".tarn-value[data-query=summary]").count(), 0);
  await clean(opened);
  await opened.context.close();
});

test("no parameter of a URL becomes a script or SQL", async () => {
  for (const attack of ["<img src=x onerror=alert(1)>", "';DROP TABLE users_bronze;--", "</script><script>window.__hacked=1</script>"]) {
    const opened = await open(browser, `${url}/d/votes?poll=${encodeURIComponent(attack)}`);
    await clean(opened);
    await opened.context.close();
  }
  assert.ok(sql("SELECT count(*) AS n FROM users_bronze")[0].n > 0);
});

test("opening a dashboard, cold and warm", async () => {
  for (const name of names) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const times = [];
    for (let i = 0; i < 3; i += 1) {
      await page.goto(`${url}/d/${name}`);
      await ready(page);
      times.push(Math.round(await page.evaluate(() => window.__tarnTimings.ready)));
    }
    console.log(`# ${name}: ${times[0]} ms cold, ${Math.min(...times.slice(1))} ms warm`);
    assert.ok(Math.min(...times) < 5000);
    await context.close();
  }
});

test("built: one file without network shows the same, and other choices", async () => {
  const out = join(folder, "built");
  run("dashboard", "build", example, "--root", root, "--output", out);
  const opened = await open(browser, `file://${out}/users.html`);
  const { page } = opened;
  await drawAll(page);
  assert.equal(await valueOf(page, "Users"), integer(sql("SELECT count(*) AS n FROM users_bronze")[0].n));
  await page.getByLabel("Order countries by").selectOption("patrons");
  await settled(page);
  const [first] = sql("SELECT coalesce(country, 'unknown') AS country, count_if(patreon_status_is_patron) AS patrons FROM users_bronze GROUP BY ALL ORDER BY patrons DESC, country LIMIT 1");
  const rows = await tableOf(page, "Users, patrons and support by country");
  assert.deepEqual([rows[0][0], rows[0][3]], [first.country, integer(first.patrons)]);
  await page.screenshot({ path: shot("example-built.png"), fullPage: true });
  await clean(opened);
  await opened.context.close();
});

test("built as a picture and on paper", () => {
  const out = join(folder, "printed");
  run("dashboard", "build", example, "--root", root, "--name", "users", "--output", out, "--png", "--pdf");
  const png = readFileSync(join(out, "users.png"));
  assert.equal(png.toString("latin1", 1, 4), "PNG");
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  assert.ok(width >= 1000 && height > width, `${width} x ${height}`); // the whole page, not its first screen
  assert.ok(png.length > 50_000);
  assert.equal(readFileSync(join(out, "users.pdf")).toString("latin1", 0, 5), "%PDF-");
});

test("the report holds all of them, and its PDF has pages", async () => {
  const out = join(folder, "report.html");
  const text = run("report", example, "--root", root, "--output", out);
  assert.match(text, /report\.pdf/);
  const opened = await open(browser, `file://${out}`);
  const links = await opened.page.getByRole("navigation", { name: "Table of contents" }).getByRole("link").count();
  assert.equal(links, names.length);
  await clean(opened);
  await opened.context.close();
});
