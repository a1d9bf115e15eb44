// A dashboard's blocks, one component each.
import { memo } from "react";
import { ChartCard } from "../chartview/ChartCard.tsx";
import { VegaCard } from "../chartview/VegaCard.tsx";
import type { Block } from "../contract.ts";
import { Icon } from "../app/Icon.tsx";
import { TableCard } from "../tables/TableCard.tsx";
import { Details } from "./Details.tsx";
import { ErrorCard } from "./ErrorCard.tsx";
import { Html } from "./Html.tsx";
import { If } from "./If.tsx";
import { Tabs } from "./Tabs.tsx";
import { Values } from "./Values.tsx";

// `path` makes ids unique over the dashboards of a report and nested blocks.
export function Blocks({ blocks, path }: { blocks: readonly Block[]; path: string }): React.ReactNode {
  return blocks.map((block, i) => <One key={`${i}-${block.kind}`} block={block} path={`${path}-${i}`} />);
}

const One = memo(function One({ block, path }: { block: Block; path: string }): React.ReactNode {
  switch (block.kind) {
    case "html":
      return <Html html={block.html} />;
    case "chart":
      if (block.spec.chart === "table") return <TableCard spec={block.spec} path={path} />;
      if (block.spec.chart === "value") return <Values spec={block.spec} path={path} />;
      return <ChartCard spec={block.spec} path={path} />;
    case "vega_lite":
      return <VegaCard spec={block.spec} queries={block.queries} title={block.title} path={path} />;
    case "tabs":
      return <Tabs tabs={block.tabs} path={path} />;
    case "grid":
      return (
        <div className="grid" style={{ "--columns": Math.max(1, Math.min(6, Math.round(block.columns) || 1)) } as React.CSSProperties}>
          {block.blocks.map((inner, i) => (
            <div className="grid-cell" key={`${i}-${inner.kind}`}>
              <One block={inner} path={`${path}-${i}`} />
            </div>
          ))}
        </div>
      );
    case "details":
      return <Details title={block.title} open={block.open} blocks={block.blocks} path={path} />;
    case "note":
      return <Note block={block} path={path} />;
    case "if":
      return <If block={block} path={path} />;
    case "error":
      return <ErrorCard error={{ class: "DASHBOARD_BLOCK", message: block.message, line: block.line }} />;
    default:
      return <ErrorCard error={{ class: "UNKNOWN_BLOCK", message: `This page does not know blocks of the kind ${String((block as { kind: unknown }).kind)}.` }} />;
  }
});

function Note({ block, path }: { block: Extract<Block, { kind: "note" }>; path: string }): React.ReactNode {
  const names = { note: "Note", tip: "Tip", warning: "Warning" } as const;
  const style = block.style in names ? block.style : "note";
  return (
    <aside className={`note note-${style}`} aria-label={block.title || names[style]}>
      <p className="note-title">
        <Icon name={style} />
        {block.title || names[style]}
      </p>
      <Blocks blocks={block.blocks} path={path} />
    </aside>
  );
}
