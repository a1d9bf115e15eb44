// Tabs after the WAI-ARIA pattern: one stop for the Tab key, arrows move and choose.
import { useRef, useState } from "react";
import { useApp } from "../app/context.ts";
import type { Block } from "../contract.ts";
import { Blocks } from "./Blocks.tsx";

export function Tabs({ tabs, path }: { tabs: { title: string; blocks: Block[] }[]; path: string }): React.ReactNode {
  const { printing } = useApp();
  const [chosen, setChosen] = useState(0);
  const [visited, setVisited] = useState<ReadonlySet<number>>(new Set([0]));
  const list = useRef<HTMLDivElement>(null);
  const current = Math.min(chosen, tabs.length - 1);
  const choose = (index: number): void => {
    setChosen(index);
    setVisited((old) => new Set(old).add(index));
  };
  const move = (event: React.KeyboardEvent): void => {
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to % tabs.length);
    (list.current!.children[to % tabs.length] as HTMLElement).focus();
  };
  return (
    <div className="tabs">
      <div role="tablist" className="tab-list" ref={list} onKeyDown={move}>
        {tabs.map((tab, i) => (
          <button
            key={i}
            type="button"
            role="tab"
            id={`${path}-tab-${i}`}
            aria-selected={i === current}
            aria-controls={visited.has(i) || i === current ? `${path}-panel-${i}` : undefined}
            tabIndex={i === current ? 0 : -1}
            onClick={() => choose(i)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      {tabs.map((tab, i) =>
        visited.has(i) || i === current || printing ? (
          <div key={i} role="tabpanel" id={`${path}-panel-${i}`} aria-labelledby={`${path}-tab-${i}`} hidden={i !== current && !printing} className="tab-panel">
            {printing && <p className="tab-title">{tab.title}</p>}
            <Blocks blocks={tab.blocks} path={`${path}-${i}`} />
          </div>
        ) : null,
      )}
    </div>
  );
}
