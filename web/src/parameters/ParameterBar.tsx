// The controls of a dashboard's parameters, stuck to the top while reading.
import { useState } from "react";
import { Icon } from "../app/Icon.tsx";
import { useStore, useValues } from "../app/context.ts";
import type { Parameter } from "../contract.ts";
import { sameValue } from "../data/values.ts";
import { Control } from "./Control.tsx";
import { optionsOf } from "./options.ts";
import { valueText } from "./text.ts";

export function ParameterBar({ parameters, sticky }: { parameters: Parameter[]; sticky: boolean }): React.ReactNode {
  const store = useStore();
  const values = useValues();
  const [open, setOpen] = useState(false); // small screens fold the bar
  const changed = parameters.filter((p) => !sameValue(values.get(p.name), p.default));
  return (
    <section className={`parameters${sticky ? " sticky" : ""}`} aria-label={sticky ? "Parameters" : `Parameters of ${store.dashboard.title || store.dashboard.name}`} data-open={open}>
      <div className="parameters-in">
        <button type="button" className="parameters-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="filter" />
          Parameters
          {changed.length > 0 && <span className="count">{changed.length} changed</span>}
          <Icon name={open ? "up" : "down"} />
        </button>
        <div className="controls">
          {parameters.map((parameter) => (
            <Control key={parameter.name} parameter={parameter} />
          ))}
          {changed.length > 0 && (
            <button type="button" className="button reset" onClick={() => store.reset()}>
              Reset
            </button>
          )}
        </div>
        <p className="printed-values">
          {parameters.map((p) => (
            <span key={p.name}>
              {p.label || p.name}: <strong>{valueText(p, values.get(p.name) ?? null, p.options_from ? optionsOf(store.state(p.options_from.query).table, p.options_from) : (p.options ?? []))}</strong>
            </span>
          ))}
        </p>
      </div>
    </section>
  );
}
