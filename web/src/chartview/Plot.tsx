// The drawn part of a chart: Vega in a box, a cursor line, pointer and keys.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useApp } from "../app/context.ts";
import { afterReady, busy } from "../app/ready.ts";
import type { AxisHover } from "../charts/drawing.ts";
import type { ChartHandle, ChartInput } from "../vega/api.ts";
import { chartsApi, fontLoaded } from "./charts.ts";
import { useNear } from "./hooks.ts";
import { keepPicture, keptPicture, pictureKey } from "./pictures.ts";
import { hideTip, showTip, tipOf, type Tip } from "./tooltip.ts";

export interface Plotted {
  spec: object;
  data: () => ChartInput["data"]; // fresh rows for each drawing: Vega keeps them
  height: number;
  canvas: boolean;
  hover: AxisHover | null;
  tipFor: ((datum: unknown) => Tip | null) | null; // null: Vega-Lite's own tooltips
  steps: Tip[]; // what arrow keys go through where there is no axis: slices, cells, dots
  describedBy: string;
  label: string;
  path: string; // its place on the page
}

interface Props {
  plotted: Plotted | null; // null: data not there yet
  height: number;
  stale: boolean;
  onWidth: (width: number) => void;
}

export function Plot({ plotted, height, stale, onWidth }: Props): React.ReactNode {
  const { printing } = useApp();
  const { box, near, measured, width, settle } = useNear(printing);
  const host = useRef<HTMLDivElement>(null);
  const handle = useRef<ChartHandle | null>(null);
  const queue = useRef<Promise<void>>(Promise.resolve());
  const drawn = useRef<{ plotted: Plotted; width: number } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [painted, setPainted] = useState(false);
  const alive = useRef<(() => void) | null>(null); // makes a picture of earlier one of Vega
  const latest = useRef(plotted);
  latest.current = plotted;
  const wanted = near || printing;

  useLayoutEffect(() => {
    onWidth(width);
  }, [width, onWidth]);

  useLayoutEffect(() => {
    if (!(wanted || measured) || !plotted || width === 0 || (drawn.current?.plotted === plotted && drawn.current.width === width)) return;
    const key = pictureKey(plotted, width);
    const draw = async (): Promise<void> => {
      if (latest.current !== plotted) return; // a newer one waits behind
      try {
        if (!window.__tarnCharts) await Promise.all([chartsApi(), fontLoaded()]);
        if (drawn.current?.plotted === plotted && handle.current) await handle.current.resize(width);
        else await update(host.current!, handle, plotted, width, latest);
        drawn.current = { plotted, width };
        if (key !== null) keepPicture(plotted.path, key, () => (drawn.current?.plotted === plotted && drawn.current.width === width ? host.current!.innerHTML : null));
        setFailure(null);
        setPainted(true);
      } catch (error) {
        setFailure(error instanceof Error ? error.message : String(error));
      }
    };
    const picture = drawn.current === null && !printing ? keptPicture(plotted.path, key) : null;
    if (picture !== null) {
      host.current!.innerHTML = picture;
      host.current!.setAttribute("role", "img");
      host.current!.setAttribute("aria-label", plotted.label);
      drawn.current = { plotted, width };
      setPainted(true);
      alive.current = () => {
        alive.current = null;
        if (!handle.current) queue.current = queue.current.then(draw);
      };
      afterReady(() => alive.current?.());
      settle();
      return;
    }
    if (!wanted) return;
    const done = busy();
    // The first step runs at once when nothing is before it: printing can't wait for a later turn.
    queue.current = queue.current.then(draw).finally(done);
  }, [wanted, measured, plotted, width, settle]);

  useEffect(() => () => {
    hideTip();
    handle.current?.destroy();
    handle.current = null;
    alive.current = null;
    drawn.current = null;
  }, []);

  const cursor = useCursor(handle, plotted, box);
  const wake = (): void => alive.current?.();
  return (
    <div className={`plot${stale ? " stale" : ""}`} style={{ minHeight: height }}>
      <div
        className="plot-focus"
        ref={box}
        tabIndex={painted && plotted && (plotted.hover ?? plotted.steps.length > 0) ? 0 : undefined}
        role="group"
        aria-roledescription="chart"
        aria-label={plotted?.label ?? "Chart"}
        aria-describedby={plotted?.describedBy}
        style={{ minHeight: height }}
        onPointerEnter={wake}
        onFocus={wake}
        {...cursor.handlers}
      >
        <div ref={host} className="vega-host" />
        {cursor.line && <div className="cursor" style={cursor.line} />}
        {!painted && !failure && <div className="skeleton skeleton-plot" style={{ height }} />}
        {failure && (
          <p className="plot-failure" role="alert">
            {failure}
          </p>
        )}
      </div>
      <p className="visually-hidden" aria-live="polite">
        {cursor.said}
      </p>
    </div>
  );
}

async function update(host: HTMLElement, handle: React.RefObject<ChartHandle | null>, plotted: Plotted, width: number, latest: React.RefObject<Plotted | null>): Promise<void> {
  const input: ChartInput = {
    spec: plotted.spec,
    data: plotted.data(),
    width,
    canvas: plotted.canvas,
    label: plotted.label,
    tips: plotted.tipFor ? "row" : "value",
    onTip: (value, event) => {
      const current = latest.current;
      if (!current || current.hover) return;
      const tip = value === null ? null : current.tipFor ? current.tipFor(value) : tipOf(value);
      if (tip && event) showTip(tip, event.clientX, event.clientY);
      else hideTip();
    },
  };
  if (handle.current) await handle.current.update(input);
  else handle.current = await window.__tarnCharts!.draw(host, input);
}

interface Cursor {
  line: React.CSSProperties | null;
  said: string;
  handlers: React.HTMLAttributes<HTMLDivElement>;
}

// Pointer and arrow keys step through the places of a chart's axis.
function useCursor(handle: React.RefObject<ChartHandle | null>, plotted: Plotted | null, box: React.RefObject<HTMLDivElement | null>): Cursor {
  const [at, setAt] = useState<{ index: number; line: React.CSSProperties | null } | null>(null);
  const [said, setSaid] = useState("");
  const hover = plotted?.hover ?? null;
  useEffect(() => setAt(null), [plotted]);

  const go = (index: number, positions: number[], pointerY: number | null): void => {
    const stop = hover!.stops[index]!;
    const plot = handle.current!.plot();
    const place = positions[index]!;
    const frame = box.current!.getBoundingClientRect();
    const upright = hover!.along === "x";
    setAt({ index, line: upright ? { left: place, top: plot.y, height: plot.height, width: 1 } : { top: place, left: plot.x, width: plot.width, height: 1 } });
    const x = frame.left + (upright ? place : plot.x + plot.width / 2);
    showTip(stop, x, pointerY ?? frame.top + (upright ? plot.y + plot.height / 3 : place));
  };
  const beside = (index: number, tip: Tip): void => {
    setAt({ index, line: null });
    const frame = box.current!.getBoundingClientRect();
    showTip(tip, frame.left + frame.width / 2, frame.top + 40);
  };
  const clear = (): void => {
    setAt(null);
    hideTip();
  };
  const pointer = (event: React.PointerEvent): void => {
    if (!hover || !handle.current || hover.stops.length === 0) return;
    const frame = box.current!.getBoundingClientRect();
    const where = hover.along === "x" ? event.clientX - frame.left : event.clientY - frame.top;
    const positions = handle.current.positions(hover.along, hover.stops);
    let best = -1;
    positions.forEach((p, i) => {
      if (!Number.isNaN(p) && (best < 0 || Math.abs(p - where) < Math.abs(positions[best]! - where))) best = i;
    });
    if (best >= 0) go(best, positions, event.clientY);
  };
  const key = (event: React.KeyboardEvent): void => {
    if (event.key === "Escape") clear();
    const stops: Tip[] = hover?.stops ?? plotted?.steps ?? [];
    if (!handle.current || stops.length === 0) return;
    const last = stops.length - 1;
    const now = at?.index ?? -1;
    const to = { ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now < 0 ? last : now - 1, ArrowUp: now < 0 ? last : now - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(last, to));
    const stop = stops[index]!;
    if (hover) go(index, handle.current.positions(hover.along, hover.stops), null);
    else beside(index, stop);
    setSaid(`${stop.title}: ${stop.lines.map((l) => `${l.name} ${l.value}${l.note ? ` (${l.note})` : ""}`).join(", ")}`);
  };
  return { line: at?.line ?? null, said, handlers: { onPointerMove: pointer, onPointerDown: pointer, onPointerLeave: clear, onBlur: clear, onKeyDown: key } };
}
