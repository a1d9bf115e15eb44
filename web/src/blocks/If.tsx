import { useQuery, useStore } from "../app/context.ts";
import type { Block } from "../contract.ts";
import { columnIndex, columnNames } from "../data/table.ts";
import { Blocks } from "./Blocks.tsx";
import { holds } from "./condition.ts";
import { ErrorCard } from "./ErrorCard.tsx";

// One of two branches, by a query's first row. While that isn't known: the branch shown before, or nothing.
export function If({ block, path }: { block: Extract<Block, { kind: "if" }>; path: string }): React.ReactNode {
  const { condition } = block;
  const { table, error } = useQuery(condition.query);
  const store = useStore();
  if (error) return <ErrorCard error={error} retry={store.source.live ? () => store.retry() : undefined} />;
  if (!table) return null;
  if (columnIndex(table, condition.column) < 0) {
    return <ErrorCard error={{ class: "UNKNOWN_COLUMN", message: `if: there is no column ${condition.column} in ${condition.query}. Columns: ${columnNames(table)}.` }} />;
  }
  const yes = holds(condition, table);
  return <Blocks blocks={yes ? block.blocks : block.otherwise} path={`${path}-${yes ? "then" : "else"}`} />;
}
