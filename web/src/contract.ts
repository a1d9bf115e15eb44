// What C++ (src/dashboards, src/server) hands to the browser. Nothing else crosses.
// The C++ side has checked names, parsed Markdown and run SQL; the browser draws.

export type ParamValue = null | string | number | boolean | string[] | { min: string; max: string };

export interface Page {
  mode: "live" | "built";
  generated: string; // ISO timestamp
  project: string;
  dashboards: Dashboard[]; // none: the index page; several: a report
  report: boolean;
  index: IndexEntry[];
}

export interface IndexEntry {
  name: string;
  title: string;
  description: string;
  group?: string;
  href?: string; // built pages: where the dashboard's own file lies, when there is one
}

export interface Dashboard {
  name: string;
  title: string;
  description: string;
  parameters: Parameter[];
  values: Record<string, ParamValue>;
  queries: Record<string, { sql: string; parameters: string[] }>;
  blocks: Block[];
  results: Result[];
}

export interface Parameter {
  name: string;
  label: string;
  description?: string;
  type: "text" | "number" | "date" | "date_range" | "dropdown" | "multi_select" | "checkbox" | "slider";
  default: ParamValue;
  min?: number | string;
  max?: number | string;
  step?: number;
  options?: Option[];
  options_from?: { query: string; value: string; label: string };
}

export interface Option {
  value: string;
  label: string;
}

export interface Result {
  query: string;
  parameters: Record<string, ParamValue>; // only those the query depends on
  table?: Table;
  error?: TarnError;
}

export interface Table {
  columns: { name: string; type: string }[]; // Spark's type names
  rows: number;
  data: unknown[][]; // data[column][row]
  truncated?: number; // total rows, when cut
  versions: string;
  milliseconds: number;
}

export interface TarnError {
  class: string;
  message: string;
  sqlstate?: string;
  line?: number;
}

export interface Condition {
  query: string;
  column: string;
  op: "=" | "!=" | "<" | "<=" | ">" | ">=";
  value: string | number | boolean | null;
}

export type Block =
  | { kind: "html"; html: string }
  | { kind: "chart"; id: string; spec: ChartSpec }
  | { kind: "vega_lite"; id: string; spec: object; queries: string[]; title?: string }
  | { kind: "tabs"; tabs: { title: string; blocks: Block[] }[] }
  | { kind: "grid"; columns: number; blocks: Block[] }
  | { kind: "details"; title: string; open: boolean; blocks: Block[] }
  | { kind: "note"; style: "note" | "tip" | "warning"; title?: string; blocks: Block[] }
  | { kind: "if"; condition: Condition; blocks: Block[]; otherwise: Block[] }
  | { kind: "error"; message: string; line: number };

export type Format = string; // a name (integer, usd, percent, month, …) or a d3-format / d3-time-format text

export interface ChartSpec {
  chart:
    | "line"
    | "bar"
    | "area"
    | "pie"
    | "donut"
    | "histogram"
    | "scatter"
    | "box"
    | "heatmap"
    | "map"
    | "table"
    | "value";
  query: string;
  title?: string;
  subtitle?: string;
  caption?: string;
  height?: number;
  x?: string;
  y?: string | string[];
  color?: string;
  size?: string;
  label?: string;
  stack?: boolean | "normalize";
  horizontal?: boolean;
  sort?: string;
  limit?: number;
  x_title?: string;
  y_title?: string;
  y2_title?: string;
  x_format?: Format;
  y_format?: Format;
  y2_format?: Format;
  scale?: "linear" | "log";
  x_scale?: "linear" | "log";
  bins?: number;
  bin_end?: string;
  y2?: string;
  y2_mark?: "line" | "bar" | "point";
  band?: [string, string];
  trend?: string;
  country?: string;
  value?: string;
  colors?: Record<string, string>;
  legend?: boolean;
  columns?: (string | TableColumn)[];
  rows?: number;
  search?: boolean;
  download?: boolean;
  column?: string;
  format?: Format;
  compare?: string;
  compare_label?: string;
  compare_format?: Format;
  description?: string;
  items?: ValueItem[];
}

export interface TableColumn {
  column: string;
  label?: string;
  format?: Format;
  bar?: boolean;
  align?: "left" | "right";
}

export interface ValueItem {
  column: string;
  label?: string;
  format?: Format;
  description?: string;
  compare?: string;
  compare_label?: string;
  compare_format?: Format;
}
