import type { IndexEntry } from "../contract.ts";
import { useApp } from "./context.ts";

// All dashboards of the project as cards, by group.
export function IndexView(): React.ReactNode {
  const { page } = useApp();
  const groups = new Map<string, IndexEntry[]>();
  for (const entry of page.index) groups.set(entry.group ?? "", [...(groups.get(entry.group ?? "") ?? []), entry]);
  return (
    <div className="dashboard">
      <header className="headline">
        <h1>{page.project || "Dashboards"}</h1>
        <p className="lead">{page.index.length === 0 ? "There are no dashboards yet." : `${page.index.length} ${page.index.length === 1 ? "dashboard" : "dashboards"}`}</p>
      </header>
      <div className="content">
        {page.index.length === 0 && <p className="empty">Put a Markdown file into the project's dashboards folder; this page shows it as soon as it is saved.</p>}
        {[...groups].map(([group, entries]) => (
          <section key={group} className="index-group">
            {group && <h2>{group}</h2>}
            <ul className="index-cards">
              {entries.map((entry) => (
                <IndexCard key={entry.name} entry={entry} level={group ? 3 : 2} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}

function IndexCard({ entry, level }: { entry: IndexEntry; level: 2 | 3 }): React.ReactNode {
  const { source } = useApp();
  const href = source.link(entry.name);
  const Heading = `h${level}` as "h2" | "h3";
  const title = entry.title || entry.name;
  return (
    <li className="card index-card">
      <Heading>{href ? <a href={href}>{title}</a> : title}</Heading>
      {entry.description && <p>{entry.description}</p>}
    </li>
  );
}
