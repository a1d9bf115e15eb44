// Where a chart is and how wide: only charts near the view are drawn.
import { useLayoutEffect, useRef, useState } from "react";
import { busy } from "../app/ready.ts";

// Within this distance of the window, so that scrolling meets finished charts.
const margin = "300px";

// Until the browser has said whether the element is near, `ready` waits.
export function useNear(printing: boolean): { box: React.RefObject<HTMLDivElement | null>; near: boolean; width: number } {
  const box = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current!;
    const done = busy();
    setWidth(Math.floor(element.clientWidth));
    const seen = new IntersectionObserver(
      (entries) => {
        setNear(entries[entries.length - 1]!.isIntersecting);
        setTimeout(done, 0);
      },
      { rootMargin: margin },
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
  return { box, near, width };
}
