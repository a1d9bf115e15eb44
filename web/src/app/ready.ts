// When is the page done? Tests, PDF and timing wait for <html data-ready="1">: nothing asked for is outstanding
// and everything in view is drawn. "0" from the first key of a change, also while typing is waited for.
let pending = 0;
let settling: ReturnType<typeof setTimeout> | undefined;
let changeStart = 0;

export interface Timings {
  [mark: string]: unknown;
  changes: { ms: number; at: number }[];
}

declare global {
  interface Window {
    __tarnTimings: Timings;
  }
}

const timings: Timings = { changes: [] };
window.__tarnTimings = timings;

export function mark(name: string): void {
  if (timings[name] === undefined) timings[name] = Math.round(performance.now() * 10) / 10;
}

// Something began that `ready` waits for. Call the returned function once it ended; further calls do nothing.
export function busy(): () => void {
  pending += 1;
  clearTimeout(settling);
  if (document.documentElement.dataset["ready"] !== "0") {
    document.documentElement.dataset["ready"] = "0";
    changeStart = performance.now();
  }
  let open = true;
  return () => {
    if (!open) return;
    open = false;
    pending -= 1;
    if (pending === 0) settle();
  };
}

// A value is taken over: a change is timed from here, not from the typing before it.
export function changeBegins(): void {
  changeStart = performance.now();
}

const waiting: (() => void)[] = [];

// Once the page is done, or done again, and the browser has nothing else to do; each in a turn of its own.
export function afterReady(act: () => void): void {
  waiting.push(act);
  if (pending === 0) settle();
}

function whenIdle(act: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(act, { timeout: 1000 });
  else setTimeout(act, 50);
}

// One turn of the event loop later, so that what a finished step starts can still report itself.
function settle(): void {
  clearTimeout(settling);
  settling = setTimeout(() => {
    if (pending > 0) return;
    for (const act of waiting.splice(0)) whenIdle(act);
    if (document.documentElement.dataset["ready"] === "1") return;
    document.documentElement.dataset["ready"] = "1";
    const page = document.documentElement;
    if (page.dataset["wide"] === "1") page.dataset["height"] = String(page.scrollHeight); // for whoever takes the picture
    const now = performance.now();
    if (timings["ready"] === undefined) mark("ready");
    else timings.changes.push({ at: Math.round(now), ms: Math.round((now - changeStart) * 10) / 10 });
  }, 0);
}
