// Builds dist/app.js, dist/app.css and dist/charts.js, and nothing else: the names the C++ side embeds.
// Two bundles, because the page paints its text, numbers and tables before the large one (Vega) is there.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "vite";

// CMake builds into its own folder; `npm run build` by hand into dist/.
const dist = process.env.TARN_WEB_DIST ? `${process.env.TARN_WEB_DIST}/` : new URL("./dist/", import.meta.url).pathname;
await rm(dist, { recursive: true, force: true });

for (const [name, entry] of [
  ["app", "src/app/main.tsx"],
  ["charts", "src/vega/main.ts"],
]) {
  await build({
    configFile: false,
    root: new URL(".", import.meta.url).pathname,
    logLevel: "warn",
    publicDir: false,
    define: { "process.env.NODE_ENV": '"production"' },
    json: { stringify: true },
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: "es2022",
      cssCodeSplit: false,
      assetsInlineLimit: () => true, // the font: the page loads three files and nothing else
      lib: { entry, formats: ["iife"], name: `tarn_${name}`, fileName: () => `${name}.js`, cssFileName: "app" },
    },
  });
}

// Vega takes its time to set itself up. Until a chart needs it, or nothing else is to be done, it is only parsed.
const charts = await readFile(`${dist}charts.js`, "utf8");
await writeFile(`${dist}charts.js`, `(()=>{let done=false;const start=window.__tarnStartCharts=()=>{if(done)return;done=true;${charts}};if(window.__tarnChartsWanted)start();else if(window.requestIdleCallback)requestIdleCallback(start,{timeout:1000});else setTimeout(start,200)})();\n`);

const files = (await readdir(dist)).sort();
if (files.join() !== "app.css,app.js,charts.js") throw new Error(`unexpected files in dist: ${files}`);
