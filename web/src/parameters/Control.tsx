// One parameter: its label and the control its type asks for. In a built page, what can't be shown is disabled.
import { useId } from "react";
import { useQuery, useStore, useValues } from "../app/context.ts";
import type { Option, Parameter, ParamValue } from "../contract.ts";
import { columnIndex } from "../data/table.ts";
import { DateRange } from "./DateRange.tsx";
import { Dropdown } from "./Dropdown.tsx";
import { MultiSelect } from "./MultiSelect.tsx";
import { optionsOf } from "./options.ts";
import { DateField, NumberField, Slider, TextField } from "./fields.tsx";

export const liveHint = "Open live to change";

export interface ControlProps {
  parameter: Parameter;
  id: string;
  value: ParamValue;
  set: (value: ParamValue) => void;
  disabled: boolean;
}

export interface ChoiceProps extends ControlProps {
  options: Option[];
  enabled: (value: ParamValue) => boolean; // built pages: is there a result for this choice?
}

export function Control({ parameter }: { parameter: Parameter }): React.ReactNode {
  const store = useStore();
  const values = useValues();
  const id = useId();
  const embedded = store.embeddedValues();
  const disabled = embedded !== null && !embedded.canChange(parameter, values);
  const props: ControlProps = {
    parameter, id, disabled,
    value: values.get(parameter.name) ?? null,
    set: (value) => store.set(parameter.name, value),
  };
  const enabled = (value: ParamValue): boolean => embedded === null || embedded.has(parameter, value, values);
  const grouped = parameter.type === "date_range" || parameter.type === "multi_select";
  const text = parameter.label || parameter.name;
  return (
    <div className={`control control-${parameter.type}`} title={disabled ? liveHint : undefined} data-disabled={disabled || undefined}>
      {grouped ? (
        <span className="control-label" id={`${id}-label`}>
          {text}
        </span>
      ) : (
        <label className="control-label" htmlFor={id} id={`${id}-label`}>
          {text}
        </label>
      )}
      <Field props={props} enabled={enabled} />
      {parameter.description && (
        <span className="control-hint" id={`${id}-hint`}>
          {parameter.description}
        </span>
      )}
    </div>
  );
}

function Field({ props, enabled }: { props: ControlProps; enabled: (value: ParamValue) => boolean }): React.ReactNode {
  const { parameter, id, value, set, disabled } = props;
  switch (parameter.type) {
    case "text":
      return <TextField {...props} />;
    case "number":
      return <NumberField {...props} />;
    case "slider":
      return <Slider {...props} />;
    case "date":
      return <DateField id={id} disabled={disabled} value={typeof value === "string" ? value : null} min={text(parameter.min)} max={text(parameter.max)} set={set} />;
    case "date_range":
      return <DateRange {...props} />;
    case "checkbox":
      return <input id={id} type="checkbox" role="switch" className="switch" disabled={disabled} checked={value === true} onChange={(e) => set(e.target.checked)} />;
    case "dropdown":
    case "multi_select": {
      const Choice = parameter.type === "dropdown" ? Dropdown : MultiSelect;
      const from = parameter.options_from;
      return from ? <FromQuery query={from.query} value={from.value} label={from.label} make={(options) => <Choice {...props} options={options} enabled={enabled} />} /> : <Choice {...props} options={parameter.options ?? []} enabled={enabled} />;
    }
  }
}

const text = (value: number | string | undefined): string | undefined => (value === undefined ? undefined : String(value));

// Options that are a query's rows. It may depend on other parameters, and changes with them.
function FromQuery({ query, value, label, make }: { query: string; value: string; label: string; make: (options: Option[]) => React.ReactNode }): React.ReactNode {
  const { table, error } = useQuery(query);
  if (error) return <span className="control-error" role="alert" title={error.message}>{error.class}</span>;
  if (!table) return <span className="skeleton skeleton-control" />;
  if (columnIndex(table, value) < 0) return <span className="control-error" role="alert">There is no column {value}</span>;
  return make(optionsOf(table, { value, label }));
}
