// A server that speaks the contract, over the fixtures; `state` lets a test slow it, break it, change it.
import { createServer } from "node:http";
import { dashboard, defaults, index, page, parameters, result } from "./fixtures.mjs";
import { asset, livePolicy, liveShell } from "./shell.mjs";

export async function serve() {
  const state = { delay: 0, requests: [], aborted: 0, refused: 0, fail: null, correct: null, title: null, streams: new Set(), eventsDown: false };
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    const send = (status, type, body, headers = {}) => {
      response.writeHead(status, { "Content-Type": type, "Content-Security-Policy": livePolicy, "X-Content-Type-Options": "nosniff", ...headers });
      response.end(body);
    };
    const live = (values) => page({ mode: "live", dashboards: [dashboard(values, state.title ? { title: state.title } : {})] });
    if (url.pathname.startsWith("/assets/")) return send(200, url.pathname.endsWith(".css") ? "text/css" : "text/javascript", asset(url.pathname.slice(8)), { "Cache-Control": "max-age=3600" });
    if (url.pathname === "/") return send(200, "text/html", liveShell({ ...page({ mode: "live" }), dashboards: [], index }));
    if (url.pathname === "/d/users") return send(200, "text/html", liveShell(live(read(url.searchParams))));
    if (url.pathname === "/api/dashboards/users/page") return send(200, "application/json", JSON.stringify(live(read(url.searchParams))));
    if (url.pathname === "/api/events") {
      if (state.eventsDown) {
        state.refused += 1;
        return send(503, "text/plain", "");
      }
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(": hello\n\n");
      state.streams.add(response);
      request.on("close", () => state.streams.delete(response));
      return;
    }
    if (url.pathname === "/api/dashboards/users/results" && request.method === "POST") {
      let text = "";
      request.on("data", (chunk) => (text += chunk));
      request.on("end", () => {
        const body = JSON.parse(text);
        state.requests.push(body);
        if (request.headers["x-tarn"] !== "1") return send(403, "application/json", JSON.stringify({ error: { class: "FORBIDDEN", message: "X-Tarn is missing" } }));
        const answer = () => {
          if (state.fail) return send(500, "application/json", JSON.stringify({ error: state.fail }));
          const values = { ...body.values, ...state.correct };
          send(200, "application/json", JSON.stringify({ results: body.queries.map((q) => result(q, values)), ...(state.correct ? { values } : {}) }));
        };
        response.on("close", () => response.writableFinished || (state.aborted += 1));
        if (state.delay) setTimeout(() => response.destroyed || answer(), state.delay);
        else answer();
      });
      return;
    }
    send(404, "application/json", JSON.stringify({ error: { class: "NOT_FOUND", message: url.pathname } }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const notify = (data) => state.streams.forEach((s) => s.write(`event: changed\ndata: ${JSON.stringify(data)}\n\n`));
  const dropStreams = () => state.streams.forEach((s) => s.destroy());
  return { url: `http://127.0.0.1:${server.address().port}`, state, notify, dropStreams, close: () => (server.closeAllConnections(), server.close()) };
}

function read(search) {
  const values = defaults();
  for (const p of parameters) {
    if (p.type === "date_range") {
      if (search.has(`${p.name}.min`)) values[p.name] = { min: search.get(`${p.name}.min`), max: search.get(`${p.name}.max`) };
    } else if (search.has(p.name)) {
      const all = search.getAll(p.name);
      values[p.name] = p.type === "multi_select" ? all : p.type === "number" || p.type === "slider" ? Number(all[0]) : p.type === "checkbox" ? all[0] === "true" : all[0];
    }
  }
  return values;
}
