import { useSyncExternalStore } from "react";
import { Blocks } from "../blocks/Blocks.tsx";
import type { DashboardStore } from "../data/store.ts";
import { ParameterBar } from "../parameters/ParameterBar.tsx";
import { StoreContext } from "./context.ts";

// One dashboard. In a report its heading is one among several and its parameters don't stick to the top.
export function DashboardView({ store, inReport = false }: { store: DashboardStore; inReport?: boolean }): React.ReactNode {
  const dashboard = useSyncExternalStore(store.subscribe, () => store.dashboard);
  return (
    <StoreContext value={store}>
      <article className="dashboard" aria-labelledby={`title-${dashboard.name}`} id={`d-${dashboard.name}`}>
        <header className="headline">
          <h1 id={`title-${dashboard.name}`}>{dashboard.title || dashboard.name}</h1>
          {dashboard.description && <p className="lead">{dashboard.description}</p>}
        </header>
        {dashboard.parameters.length > 0 && <ParameterBar parameters={dashboard.parameters} sticky={!inReport} />}
        <div className="content">
          <Blocks blocks={dashboard.blocks} path={dashboard.name} />
        </div>
      </article>
    </StoreContext>
  );
}
