// The HTML that C++ puts around a page: three files linked (live) or inlined under hashes (built), and a strict CSP.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const dist = new URL("../../dist/", import.meta.url);
export const asset = (name) => readFileSync(new URL(name, dist), "utf8");

const json = (page) => JSON.stringify(page).replaceAll("<", "\\u003c");
const policy = (scripts) =>
  `default-src 'none'; script-src ${scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'`;
export const livePolicy = policy("'self'");

export function liveShell(page) {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Tarn</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/app.css"><script defer src="/assets/app.js"></script><script defer src="/assets/charts.js"></script></head>
<body><script type="application/json" id="tarn-page">${json(page)}</script></body></html>`;
}

export function builtShell(page) {
  const scripts = [asset("app.js"), asset("charts.js")].map((text) => text.replaceAll("</script", "<\\/script"));
  const hashes = scripts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Tarn</title>
<meta http-equiv="Content-Security-Policy" content="${policy(hashes.join(" "))}"><style>${asset("app.css")}</style></head>
<body><script type="application/json" id="tarn-page">${json(page)}</script>${scripts.map((text) => `<script>${text}</script>`).join("")}</body></html>`;
}
