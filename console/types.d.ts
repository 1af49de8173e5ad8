/** The shapes that the page's modules pass on, for their JSDoc. Nothing of this is served. */

type Config = {
  version: string; mode: string; token: string; services: string[]; jaeger: string; grafana: string; home: string;
  dashboards: { uid: string; title: string }[]; scrape_seconds: number;
};

/** What the shell gives a tab. */
type TabContext = {
  config: Config;
  route: { tab: string; path: string[]; query: URLSearchParams };
  navigate(hash: string): void;
  setQuery(values: Record<string, any> | URLSearchParams): void;
};
type Unmount = () => void;

// Prometheus
type Labels = Record<string, string>;
type InstantSeries = { metric: Labels; value: [number, number] };
type RangeSeries = { metric: Labels; values: [number, number][] };
type Times = { start: number; end: number; step: number };

// Dashboards, as Grafana writes them
type Dashboard = {
  uid: string; title: string; panels: Panel[];
  templating?: { list: Variable[] }; annotations?: { list: Annotation[] };
};
type Panel = {
  id: number; type: string; title: string; description?: string; collapsed?: boolean; panels?: Panel[];
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Target[]; options?: any; fieldConfig?: any; transformations?: { id: string; options: any }[];
  links?: { title: string; url: string }[];
};
type Target = { refId: string; expr: string; legendFormat?: string; instant?: boolean; exemplar?: boolean };
type Variable = {
  name: string; type: string; label?: string; description?: string; multi?: boolean; includeAll?: boolean; allValue?: string;
  current: { value: string | string[] };
};
type Annotation = { name: string; expr: string; enable?: boolean; step?: string; iconColor: string; titleFormat?: string; textFormat?: string };

/** The answer of /dashboards/{uid}/queries. */
type Queries = {
  variables: Record<string, { label: string; selector: string; error?: string }>;
  panels: Record<string, Record<string, { expr: string; error?: string }>>;
};

// The tab "Watch"
type Shown = { from: number; to: number; live: boolean; phase: number };
type Beat = { scrape: number; phase: number };
type Period = { range: string; from: number; to: number };
type Frame = { refId: string; name: string; labels: Labels; values: (number | null)[]; time: number };
/** A frame with its field's configuration. */
type StyledFrame = Frame & { field: any; color: string };
type Exemplar = { id: string; time: number; value: number; labels: Labels };
type Mark = { from: number; to: number; open?: boolean; color: string; title: string; text: string };
type Store = {
  range(expr: string, grid: Times, signal: AbortSignal): Promise<{ metric: Labels; points: Map<number, number> }[]>;
  forget(keep: string[]): void;
};
type TipRow = { color?: string; name: string; value: string };
type Tip = { show(x: number, y: number, title: string, rows: TipRow[]): void; hide(): void };
/** What the panels of a dashboard have in common. */
type Shared = {
  shown(): Shown; marks(): Mark[]; tip: Tip; sync: string; scrape: number;
  zoom(from: number, to: number): void;
  silent(jobs: string[]): [string, string][];
  queries(times: { range: number; interval: number }): Promise<Queries>;
};
/** What draws the data of a panel. */
type Drawn = {
  update(found: { times: number[]; frames: Frame[]; step: number }): void;
  exemplars?(all: Exemplar[]): void; redraw?(): void; end?(): void;
};

// Traces
type Span = {
  id: string; parent: string; service: string; name: string; kind: string; start: number; duration: number; status: string;
  attributes: Record<string, any>; events: { name: string; time: number; attributes: Record<string, any> }[];
};
type Trace = { id: string; spans: Span[] };
type SpanNode = { span: Span; children: SpanNode[]; depth: number };
type SpanRow = { element: HTMLElement; fold: HTMLElement; node: SpanNode; parent: SpanRow | null; open: boolean; visible: boolean };

// The tab "Where the time goes"
type Path = { id: string; label: string; service: string };
type Sample = { metric: Labels; v: number };
type Moment = { generator: Sample[]; service: Sample[]; state: Sample[] };
type Reading = {
  kind: 'direct' | 'inner' | 'stuck' | 'idle'; rate: number; asked: number; failed: number; failures: [string, number][];
  parts: Record<string, number>; total: number; inFlight: number; cores: { used: number; limit: number }; silent: boolean;
  calls: number | undefined; gatewayQueue: number; holder: string;
};
type PastReading = { time: number; reading: Reading };
type ShownReading = { reading: Reading; faded: boolean };

// The load generator
type RunState = {
  run_id: string; scenario: string; phase: string; phases?: string[]; loop: string; rate: number; arrivals: string; concurrency: number;
  mix?: Record<string, number>; paused: boolean; ended: boolean;
};
type Snapshot = Record<string, any> & { state: RunState; valid: boolean; reasons?: string[] };
