// Small drawings, 20 px, in the colour of the text beside them.
const paths = {
  mark: "M2.5 15.5 7.6 6.2a1 1 0 0 1 1.7-.1l2.6 4 1.2-1.8a1 1 0 0 1 1.7.1l3.7 7.1M5 15.5c1.2-1 2.5-1 3.7 0s2.5 1 3.7 0 2.5-1 3.7 0",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM10 1.8v1.9m0 12.6v1.9M1.8 10h1.9m12.6 0h1.9M4.2 4.2l1.3 1.3m9 9 1.3 1.3m0-11.6-1.3 1.3m-9 9-1.3 1.3",
  moon: "M16.8 11.9A7.2 7.2 0 1 1 8.1 3.2a5.7 5.7 0 0 0 8.7 8.7Z",
  print: "M5.5 7.5v-5h9v5m-9 7.5h-2V7.5h13V15h-2m-9-3h9v5.5h-9V12Z",
  down: "m5 7.5 5 5 5-5",
  up: "m5 12.5 5-5 5 5",
  left: "m12.5 5-5 5 5 5",
  right: "m7.5 5 5 5-5 5",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM13 13l4 4",
  close: "m5.5 5.5 9 9m0-9-9 9",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  download: "M10 3v9.5m-4-3.8 4 4 4-4M3.5 16.5h13",
  warning: "M10 3 2 16.5h16L10 3Zm0 5v4m0 2.2v.1",
  note: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM10 9v5m0-7.6v.1",
  tip: "M7.5 14.5h5m-4 3h3M10 2.5a5 5 0 0 0-2.8 9.1c.5.4.8 1 .8 1.6v1.3h4v-1.3c0-.6.3-1.2.8-1.6A5 5 0 0 0 10 2.5Z",
  filter: "M3 5.5h14M5.5 10h9M8 14.5h4",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }): React.ReactNode {
  return (
    <svg className="svg-icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
