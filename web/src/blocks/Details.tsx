import { useState } from "react";
import { useApp } from "../app/context.ts";
import type { Block } from "../contract.ts";
import { Blocks } from "./Blocks.tsx";

// A collapsible part. What is inside is made, and its queries asked for, when it is first opened.
export function Details({ title, open: initially, blocks, path }: { title: string; open: boolean; blocks: Block[]; path: string }): React.ReactNode {
  const { printing } = useApp();
  const [open, setOpen] = useState(initially);
  const [opened, setOpened] = useState(initially);
  return (
    <details
      className="details"
      open={open || printing}
      onToggle={(event) => {
        if (printing) return;
        setOpen(event.currentTarget.open);
        if (event.currentTarget.open) setOpened(true);
      }}
    >
      <summary>{title}</summary>
      {(opened || printing) && (
        <div className="details-in">
          <Blocks blocks={blocks} path={path} />
        </div>
      )}
    </details>
  );
}
