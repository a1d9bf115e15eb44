// Chromium for the tests: Debian's, headless; each page watches for what must never happen.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
export const out = new URL(process.env.TARN_BROWSER_OUT ? `file://${process.env.TARN_BROWSER_OUT}/` : "./out/", import.meta.url);
mkdirSync(out, { recursive: true });
export const shot = (name) => new URL(name, out).pathname;

export const launch = () => chromium.launch({ executablePath: process.env.TARN_CHROMIUM ?? "/usr/bin/chromium", args: flags.split(" ") });

// Opens `url` and waits until all in view is drawn. `trouble` collects errors, refused requests and CSP violations.
export async function open(browser, url, { width = 1280, height = 900, scheme = "light", ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, acceptDownloads: true, ...more });
  const page = await context.newPage();
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && trouble.push(`console: ${message.text()}`));
  page.on("requestfailed", (request) => request.failure()?.errorText !== "net::ERR_ABORTED" && trouble.push(`request: ${request.url()} ${request.failure()?.errorText}`));
  page.on("request", (request) => /^(https?|wss?):/.test(request.url()) && !request.url().startsWith("http://127.0.0.1") && trouble.push(`asked for ${request.url()}`));
  page.on("dialog", (dialog) => (trouble.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  await page.addInitScript(() => {
    window.__violations = [];
    document.addEventListener("securitypolicyviolation", (e) => window.__violations.push(`${e.violatedDirective} ${e.blockedURI}`));
  });
  await page.goto(url);
  await ready(page);
  return { page, context, trouble };
}

const patience = 60_000; // ms: a guard against waiting for ever, not a measure of speed

export const ready = (page) => page.waitForSelector("html[data-ready='1']", { state: "attached", timeout: patience });

// After an action: its frame is drawn, and what it began (`ready` knows of typing as well) has ended.
export async function settled(page) {
  await frames(page);
  await ready(page);
}

// Two frames: observers of places and sizes have spoken, and what they began has been begun.
const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));

// For what no signal announces: asks until `check` throws no more, and throws its last error when patience ends.
export async function eventually(check) {
  const end = performance.now() + patience;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((done) => setTimeout(done, 20));
  }
}

export async function clean({ page, trouble }) {
  assert.deepEqual(trouble, []);
  assert.deepEqual(await page.evaluate(() => [window.__violations, window.__hacked ?? null]), [[], null]);
}

// Scrolls through, so that every chart has been near the view.
export async function drawAll(page) {
  for (let y = 0; y < (await page.evaluate(() => document.documentElement.scrollHeight)); y += 400) {
    await page.evaluate((top) => scrollTo(0, top), y);
    await settled(page);
  }
  await page.evaluate(() => scrollTo(0, 0));
  await settled(page);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function axe(page) {
  // Through the debugger's own world: the page's CSP lets no foreign script in.
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => `${n.target.join(" ")} ${(n.any[0]?.message ?? n.all[0]?.message ?? "").slice(0, 160)}`).join(" | ")} (${v.nodes.length})`);
  });
  assert.deepEqual(found, []);
}
