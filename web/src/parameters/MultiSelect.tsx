// Several choices: chips of what is chosen, and a searched list to add and take away.
import { Icon } from "../app/Icon.tsx";
import type { ChoiceProps } from "./Control.tsx";
import { optionId, useListbox } from "./listbox.ts";

const chips = 4; // shown before "and n more"

export function MultiSelect({ id, value, set, disabled, options, enabled, parameter }: ChoiceProps): React.ReactNode {
  const chosen = Array.isArray(value) ? value : [];
  const toggle = (v: string): void => set(chosen.includes(v) ? chosen.filter((c) => c !== v) : [...chosen, v]);
  const label = (v: string): string => options.find((o) => o.value === v)?.label ?? v;
  const allowed = (v: unknown): boolean => typeof v === "string" && enabled(chosen.includes(v) ? chosen.filter((c) => c !== v) : [...chosen, v]);
  const list = useListbox(options, allowed, (option) => toggle(option.value));
  return (
    <span className="multi" ref={list.box} role="group" aria-labelledby={`${id}-label`}>
      {chosen.slice(0, chips).map((v) => (
        <span className="chip" key={v}>
          {label(v)}
          <button type="button" disabled={disabled || !allowed(v)} onClick={() => toggle(v)} aria-label={`Remove ${label(v)}`}>
            <Icon name="close" />
          </button>
        </span>
      ))}
      {chosen.length > chips && <span className="chip chip-more">and {chosen.length - chips} more</span>}
      <input
        id={id} type="text" role="combobox" autoComplete="off" spellCheck={false} disabled={disabled}
        aria-label={`Add to ${parameter.label || parameter.name}`}
        aria-expanded={list.open} aria-controls={`${id}-list`} aria-autocomplete="list"
        aria-activedescendant={list.open && list.active >= 0 ? optionId(id, list.active) : undefined}
        placeholder={chosen.length === 0 ? "All" : "Add…"}
        value={list.open ? list.search : ""}
        onClick={list.show} onChange={(e) => list.type(e.target.value)} onBlur={list.leave}
        onKeyDown={(e) => {
          if (e.key === "Backspace" && list.search === "" && chosen.length > 0 && allowed(chosen[chosen.length - 1])) toggle(chosen[chosen.length - 1]!);
          else list.key(e);
        }}
      />
      {list.open && (
        <ul role="listbox" id={`${id}-list`} aria-label={parameter.label || parameter.name} aria-multiselectable="true" className="options">
          {list.found.map((o, i) => (
            <li key={o.value} id={optionId(id, i)} role="option" aria-selected={chosen.includes(o.value)} aria-disabled={!allowed(o.value) || undefined} data-active={i === list.active || undefined} onPointerDown={(e) => (e.preventDefault(), list.take(i))}>
              <span className="tick" aria-hidden="true">{chosen.includes(o.value) && <Icon name="check" />}</span>
              {o.label}
            </li>
          ))}
          {list.found.length === 0 && <li className="muted" role="option" aria-selected="false" aria-disabled="true">Nothing found</li>}
        </ul>
      )}
    </span>
  );
}
