// What a searched dropdown and a multi-select have in common: a list that opens, filters and is walked by keys.
import { useEffect, useRef, useState } from "react";
import type { Option, ParamValue } from "../contract.ts";

const most = 200; // options shown at once; searching finds the rest

export interface Listbox {
  box: React.RefObject<HTMLSpanElement | null>;
  open: boolean;
  search: string;
  active: number;
  found: Option[];
  show: () => void;
  close: () => void;
  type: (text: string) => void;
  take: (index: number) => void;
  key: (event: React.KeyboardEvent) => void;
  leave: (event: React.FocusEvent) => void;
}

export const optionId = (id: string, index: number): string => `${id}-option-${index}`;

export function useListbox(options: readonly Option[], enabled: (value: ParamValue) => boolean, chosen: (option: Option) => void): Listbox {
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState("");
  const [active, setActive] = useState(-1);
  const box = useRef<HTMLSpanElement>(null);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = options.filter((o) => words.every((w) => o.label.toLowerCase().includes(w) || o.value.toLowerCase().includes(w))).slice(0, most);
  useEffect(() => {
    if (open) box.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
  }, [open, active]);
  const show = (): void => {
    if (open) return;
    setSearch("");
    setActive(-1);
    setOpen(true);
  };
  const close = (): void => setOpen(false);
  const take = (index: number): void => {
    const option = found[index];
    if (option && enabled(option.value)) chosen(option);
  };
  const key = (event: React.KeyboardEvent): void => {
    if (event.key === "Escape" && open) {
      event.stopPropagation();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return show();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((old) => (found.length === 0 ? -1 : (old + step + found.length + (old < 0 && step < 0 ? 1 : 0)) % found.length));
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      take(active < 0 && found.length === 1 ? 0 : active);
    }
  };
  const type = (text: string): void => {
    setSearch(text);
    setActive(text === "" ? -1 : 0);
    setOpen(true);
  };
  const leave = (event: React.FocusEvent): void => {
    if (!box.current?.contains(event.relatedTarget)) close();
  };
  return { box, open, search, active, found, show, close, type, take, key, leave };
}
