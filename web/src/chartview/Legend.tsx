import type { LegendItem, Ramp } from "../charts/drawing.ts";

// The series; each can be switched off and on.
export function Legend({ items, hidden, toggle }: { items: LegendItem[]; hidden: ReadonlySet<string>; toggle: (name: string) => void }): React.ReactNode {
  return (
    <ul className="legend" aria-label="Legend">
      {items.map((item) => (
        <li key={item.name}>
          {item.dashed ? (
            <span className="legend-item">
              <Swatch item={item} />
              {item.name}
            </span>
          ) : (
            <button type="button" className="legend-item" aria-pressed={!hidden.has(item.name)} title={hidden.has(item.name) ? `Show ${item.name}` : `Hide ${item.name}`} onClick={() => toggle(item.name)}>
              <Swatch item={item} />
              {item.name}
              {item.note && <span className="muted">{item.note}</span>}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ item }: { item: LegendItem }): React.ReactNode {
  return <span className={item.dashed ? "swatch swatch-dashed" : "swatch"} style={{ "--colour": item.colour } as React.CSSProperties} aria-hidden="true" />;
}

export function RampLegend({ ramp }: { ramp: Ramp }): React.ReactNode {
  return (
    <p className="ramp">
      <span className="ramp-title">{ramp.title}</span>
      <span>{ramp.from}</span>
      <span className="ramp-bar" style={{ backgroundImage: `linear-gradient(to right, ${ramp.colours.join(", ")})` }} aria-hidden="true" />
      <span>{ramp.to}</span>
    </p>
  );
}
