// Where a chart is and how wide: only charts near the view are drawn.
import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { busy } from "../app/ready.ts";

// Within this distance of the window, so that scrolling meets finished charts.
const margin = 300; // px

interface Near {
  box: React.RefObject<HTMLDivElement | null>;
  near: boolean; // as the browser says, a frame later than one can measure it
  measured: boolean; // as it was when the element came
  width: number;
  settle: () => void; // there is nothing to wait for
}

// Until the browser has said whether the element is near, `ready` waits: not for what lies far away, nor after settle().
export function useNear(printing: boolean): Near {
  const box = useRef<HTMLDivElement>(null);
  const waiting = useRef<() => void>(() => undefined);
  const [measured, setMeasured] = useState(false);
  const [near, setNear] = useState(false);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current!;
    const done = busy();
    waiting.current = done;
    setWidth(Math.floor(element.clientWidth));
    const { top, bottom } = element.getBoundingClientRect();
    const close = top < innerHeight + margin && bottom > -margin;
    setMeasured(close);
    if (!close) done();
    const seen = new IntersectionObserver(
      (entries) => {
        setNear(entries[entries.length - 1]!.isIntersecting);
        setTimeout(done, 0);
      },
      { rootMargin: `${margin}px` },
    );
    seen.observe(element);
    const sized = new ResizeObserver((entries) => {
      const next = Math.floor(entries[entries.length - 1]!.contentRect.width);
      if (next > 0) setWidth(next);
    });
    sized.observe(element);
    return () => {
      done();
      seen.disconnect();
      sized.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    setWidth(Math.floor(box.current!.clientWidth)); // on paper the column is narrower
  }, [printing]);
  const settle = useCallback(() => waiting.current(), []);
  return { box, near, measured, width, settle };
}
