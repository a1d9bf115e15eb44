// Text, number and slider: what is typed or dragged is taken over after a short pause, at once on Enter or leaving.
import { useEffect, useRef, useState } from "react";
import { busy } from "../app/ready.ts";
import type { ParamValue } from "../contract.ts";
import type { ControlProps } from "./Control.tsx";

export function useDraft(value: ParamValue, wait: number, take: (text: string) => void): { draft: string; edit: (text: string) => void; flush: () => void } {
  const outside = value === null ? "" : String(value);
  const [draft, setDraft] = useState(outside);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const pending = useRef<string | null>(null);
  const typed = useRef<() => void>(() => undefined); // lets `ready` go on
  const taker = useRef(take);
  taker.current = take;
  useEffect(() => {
    if (pending.current === null) setDraft(outside);
  }, [outside]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      typed.current();
    },
    [],
  );
  const latest = useRef(outside);
  latest.current = outside;
  const flush = (): void => {
    clearTimeout(timer.current);
    if (pending.current === null) return;
    const text = pending.current;
    pending.current = null;
    taker.current(text);
    // What was taken may differ from what was typed (99 of at most 50), also when it is the value of before.
    const done = typed.current;
    setTimeout(() => {
      if (pending.current === null) setDraft(latest.current);
      done();
    }, 0);
  };
  const edit = (text: string): void => {
    setDraft(text);
    if (pending.current === null) typed.current = busy();
    pending.current = text;
    clearTimeout(timer.current);
    timer.current = setTimeout(flush, wait);
  };
  return { draft, edit, flush };
}

const onEnter = (flush: () => void) => (event: React.KeyboardEvent) => {
  if (event.key === "Enter") flush();
};

// A year is typed digit by digit: 2, 20, 202. Only a whole one is taken.
export function DateField({ value, set, ...rest }: { value: string | null; set: (value: string | null) => void } & Omit<React.InputHTMLAttributes<HTMLInputElement>, "value">): React.ReactNode {
  const take = (text: string): void => {
    if (text === "") set(null);
    else if (text >= "1000") set(text);
  };
  const { draft, edit, flush } = useDraft(value, 300, take);
  return <input {...rest} type="date" value={draft} onChange={(e) => edit(e.target.value)} onBlur={flush} onKeyDown={onEnter(flush)} />;
}

export function TextField({ id, value, set, disabled, parameter }: ControlProps): React.ReactNode {
  const { draft, edit, flush } = useDraft(value, 350, set);
  return <input id={id} type="text" value={draft} disabled={disabled} aria-describedby={parameter.description ? `${id}-hint` : undefined} onChange={(e) => edit(e.target.value)} onBlur={flush} onKeyDown={onEnter(flush)} />;
}

export function NumberField({ id, value, set, disabled, parameter }: ControlProps): React.ReactNode {
  const take = (text: string): void => {
    const number = Number(text);
    if (text === "") set(null);
    else if (Number.isFinite(number)) set(clamp(number, parameter.min, parameter.max));
  };
  const { draft, edit, flush } = useDraft(value, 350, take);
  return <input id={id} type="number" value={draft} disabled={disabled} min={parameter.min} max={parameter.max} step={parameter.step ?? "any"} aria-describedby={parameter.description ? `${id}-hint` : undefined} onChange={(e) => edit(e.target.value)} onBlur={flush} onKeyDown={onEnter(flush)} />;
}

export function Slider({ id, value, set, disabled, parameter }: ControlProps): React.ReactNode {
  const [min, max] = [Number(parameter.min ?? 0), Number(parameter.max ?? 100)];
  const { draft, edit, flush } = useDraft(value, 40, (text) => set(Number(text)));
  const number = draft === "" ? min : Number(draft);
  const share = max > min ? ((number - min) / (max - min)) * 100 : 0;
  return (
    <span className="slider">
      <input
        id={id} type="range" value={number} disabled={disabled} min={min} max={max} step={parameter.step ?? 1}
        aria-describedby={parameter.description ? `${id}-hint` : undefined}
        style={{ "--share": `${share}%` } as React.CSSProperties}
        onChange={(e) => edit(e.target.value)} onPointerUp={flush} onBlur={flush}
      />
      <output htmlFor={id}>{number.toLocaleString("en-US")}</output>
    </span>
  );
}

function clamp(value: number, min: number | string | undefined, max: number | string | undefined): number {
  let v = value;
  if (min !== undefined && v < Number(min)) v = Number(min);
  if (max !== undefined && v > Number(max)) v = Number(max);
  return v;
}
