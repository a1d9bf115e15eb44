import { useApp } from "./context.ts";
import { utcFormat } from "d3-time-format";
import { toTime } from "../format/types.ts";
import type { DashboardStore } from "../data/store.ts";
import { DashboardView } from "./DashboardView.tsx";

const date = utcFormat("%-d %B %Y");

// Several dashboards one after the other, with a title page's worth of heading and a table of contents.
export function ReportView({ stores }: { stores: DashboardStore[] }): React.ReactNode {
  const { page } = useApp();
  const time = toTime(page.generated);
  return (
    <div className="report">
      <header className="report-head">
        <p className="eyebrow">Report</p>
        <h1>{page.project || "Dashboards"}</h1>
        {time !== null && (
          <p className="lead">
            <time dateTime={page.generated}>{date(new Date(time))}</time>
          </p>
        )}
        <nav aria-label="Table of contents" className="toc">
          <h2>Contents</h2>
          <ol>
            {stores.map(({ dashboard }) => (
              <li key={dashboard.name}>
                <a href={`#d-${dashboard.name}`}>{dashboard.title || dashboard.name}</a>
                {dashboard.description && <span>{dashboard.description}</span>}
              </li>
            ))}
          </ol>
        </nav>
      </header>
      {stores.map((store) => (
        <DashboardView key={store.dashboard.name} store={store} inReport />
      ))}
    </div>
  );
}
