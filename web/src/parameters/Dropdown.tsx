// One choice: the system's own select while the list is short, with search when it is long.
import { Icon } from "../app/Icon.tsx";
import { liveHint, type ChoiceProps } from "./Control.tsx";
import { optionId, useListbox } from "./listbox.ts";

const long = 12;

export function Dropdown(props: ChoiceProps): React.ReactNode {
  return props.options.length > long ? <Searched {...props} /> : <Short {...props} />;
}

function Short({ id, value, set, disabled, options, enabled, parameter }: ChoiceProps): React.ReactNode {
  const current = value === null ? "" : String(value);
  const known = options.some((o) => o.value === current);
  return (
    <select id={id} value={current} disabled={disabled} aria-describedby={parameter.description ? `${id}-hint` : undefined} onChange={(e) => set(e.target.value === "" ? null : e.target.value)}>
      {!known && <option value={current}>{current || "Choose…"}</option>}
      {options.map((o) => (
        <option key={o.value} value={o.value} disabled={!enabled(o.value)} title={enabled(o.value) ? undefined : liveHint}>
          {o.label}
        </option>
      ))}
    </select>
  );
}

// A combobox after the WAI-ARIA pattern.
function Searched({ id, value, set, disabled, options, enabled, parameter }: ChoiceProps): React.ReactNode {
  const current = options.find((o) => o.value === String(value ?? ""));
  const text = current?.label ?? (value === null ? "" : String(value));
  const list = useListbox(options, enabled, (option) => {
    set(option.value);
    list.close();
  });
  return (
    <span className="combo" ref={list.box}>
      <input
        id={id} type="text" role="combobox" autoComplete="off" spellCheck={false} disabled={disabled}
        aria-expanded={list.open} aria-controls={`${id}-list`} aria-autocomplete="list"
        aria-activedescendant={list.open && list.active >= 0 ? optionId(id, list.active) : undefined}
        aria-describedby={parameter.description ? `${id}-hint` : undefined}
        placeholder="Choose…"
        value={list.open ? list.search : text}
        onFocus={(e) => e.currentTarget.select()}
        onClick={list.show} onChange={(e) => list.type(e.target.value)} onKeyDown={list.key} onBlur={list.leave}
      />
      <Icon name="down" />
      {list.open && (
        <ul role="listbox" id={`${id}-list`} aria-label={parameter.label || parameter.name} className="options">
          {list.found.map((o, i) => (
            <li key={o.value} id={optionId(id, i)} role="option" aria-selected={o.value === current?.value} aria-disabled={!enabled(o.value) || undefined} data-active={i === list.active || undefined} onPointerDown={(e) => (e.preventDefault(), list.take(i))}>
              {o.label}
            </li>
          ))}
          {list.found.length === 0 && <li className="muted" role="option" aria-selected="false" aria-disabled="true">Nothing found</li>}
        </ul>
      )}
    </span>
  );
}
