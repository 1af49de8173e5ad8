/**
 * What a trace says about where its time went. Nothing here touches the page.
 *
 * A server span carries `lab.cpu_seconds`, `lab.wait_seconds` and `lab.queue_seconds`, whose sum is its
 * wall time; `lab.entry_seconds`, where it is known, is the part of the queue before the handler started. Its events named `wait` say when each wait ended, for what it was and how long it took.
 */

/** The parts in the order in which they are drawn and listed. */
export const PARTS = ['lag', 'blocked', 'entry', 'queue', 'cpu', 'wait', 'network'];

/** The order in which one server span's parts follow each other where their places are not known. */
export const OWN_PARTS = ['entry', 'queue', 'cpu', 'wait'];

/**
 * A span's split into disjoint parts.
 * @returns {{entry: number, queue: number, cpu: number, wait: number}|null} in ms; null for a span which has none
 */
export function split(span) {
  const part = (name) => Number(span.attributes[`lab.${name}_seconds`]) * 1000;
  const entry = Math.max(0, part('entry')) || 0;
  const found = { entry, queue: Math.max(0, part('queue') - entry), cpu: part('cpu'), wait: part('wait') };
  return Object.values(found).every(Number.isFinite) ? found : null;
}

/**
 * The tree of a trace, children in the order of their start. A span whose parent is not there is a root.
 * @param {Trace} trace
 * @returns {{roots: SpanNode[], nodes: Map<string, SpanNode>}}
 */
export function tree(trace) {
  /** @type {Map<string, SpanNode>} */
  const nodes = new Map(trace.spans.map((span) => [span.id, { span, children: [], depth: 0 }]));
  const roots = /** @type {SpanNode[]} */ ([]);
  for (const node of nodes.values()) {
    const parent = nodes.get(node.span.parent);
    if (parent && parent !== node) parent.children.push(node);
    else roots.push(node);
  }
  const byStart = (a, b) => a.span.start - b.span.start || b.span.duration - a.span.duration;
  const settle = (siblings, depth) => {
    siblings.sort(byStart);
    for (const node of siblings) {
      node.depth = depth;
      settle(node.children, depth + 1);
    }
  };
  settle(roots, 0);
  return { roots, nodes };
}

/** The span that represents the trace: the earliest root, of those the longest. */
export function rootSpan(trace) {
  return tree(trace).roots[0]?.span ?? null;
}

/**
 * What came before a span of the generator: its lag, then the wait for a connection.
 * @returns {{part: string, length: number}[]} ms, in the order in which they happened
 */
export function lead(span) {
  return ['lag', 'blocked'].map((part) => ({ part, length: 1000 * (Number(span.attributes[`loadgen.${part}_seconds`]) || 0) }))
    .filter(({ length }) => length > 0 && Number.isFinite(length));
}

/** How long that took, in ms. */
export function leadLength(span) {
  return lead(span).reduce((sum, { length }) => sum + length, 0);
}

/**
 * First and last moment of a trace, from the moment when the generator should have sent the request.
 * @returns {{start: number, end: number}} ms since the epoch
 */
export function extent(trace) {
  let start = Infinity;
  let end = -Infinity;
  for (const span of trace.spans) {
    start = Math.min(start, span.start - leadLength(span));
    end = Math.max(end, span.start + span.duration);
  }
  return { start, end };
}

/** Whether a span has failed, by its status or by an answer of 500 and more. */
export function failed(span) {
  const status = span.status && typeof span.status === 'object' ? span.status.code : span.status;
  return [2, 'ERROR', 'error', 'STATUS_CODE_ERROR'].includes(status)
    || Number(span.attributes['http.response.status_code']) >= 500
    || span.attributes['error.type'] !== undefined;
}

/**
 * The time of a trace by where it was spent, summed over its spans: a wait that another span of the
 * trace explains counts as that span's parts. What a caller saw and the callee did not is `network`.
 * Calls at the same time make the sum longer than the trace.
 * @returns {Object<string, number>} ms by part
 */
export function totals(trace) {
  const sum = Object.fromEntries(PARTS.map((part) => [part, 0]));
  const visit = (node) => {
    const own = split(node.span);
    const covered = node.children.reduce((total, child) => total + child.span.duration, 0);
    if (own) {
      sum.cpu += own.cpu;
      sum.entry += own.entry;
      sum.queue += own.queue;
      sum.wait += Math.max(0, own.wait - covered);
    } else {
      sum.network += Math.max(0, node.span.duration - covered);
    }
    for (const { part, length } of lead(node.span)) sum[part] += length;
    node.children.forEach(visit);
  };
  tree(trace).roots.forEach(visit);
  return sum;
}

/**
 * The pieces of a span's bar, which fill it from its start to its end in true proportion. Where the
 * events account for all of the wait, each wait is where it happened, and the rest is divided between
 * queue and cpu; else the parts follow each other. The entry is always the beginning.
 * @returns {{part: string, from: number, to: number}[]} shares of the bar, 0 to 1; empty without a split
 */
export function pieces(span) {
  const own = split(span);
  const total = own ? OWN_PARTS.reduce((sum, part) => sum + own[part], 0) : 0;
  if (!own || !(total > 0) || !(span.duration > 0)) return [];
  const located = waits(span);
  const accounted = located.reduce((sum, wait) => sum + wait.to - wait.from, 0) * span.duration;
  const complete = located.length > 0 && Math.abs(accounted - own.wait) <= 0.01 * total;
  return complete ? between(located, own, total) : following(own, total);
}

/** The waits that events tell of, as shares of the span, in order and not overlapping. */
function waits(span) {
  const found = [];
  let last = 0;
  for (const event of [...span.events].sort((a, b) => a.time - b.time)) {
    const length = Number(event.attributes['lab.wait_seconds']) * 1000;
    if (event.name !== 'wait' || !(length > 0)) continue;
    const to = Math.min(1, (event.time - span.start) / span.duration);
    const from = Math.max(last, to - length / span.duration);
    if (to > from) found.push({ part: 'wait', from, to });
    last = Math.max(last, to);
  }
  return found;
}

/** Fills the gaps between waits with queue and cpu at their ratio. */
function between(located, own, total) {
  const working = own.cpu + own.queue;
  const queued = working > 0 ? own.queue / working : 0;
  let at = Math.min(own.entry / total, located[0].from);
  const all = [{ part: 'entry', from: 0, to: at }];
  const fill = (to) => {
    const turn = at + (to - at) * queued;
    all.push({ part: 'queue', from: at, to: turn }, { part: 'cpu', from: turn, to });
  };
  for (const wait of located) {
    fill(wait.from);
    all.push(wait);
    at = wait.to;
  }
  fill(1);
  return all.filter((piece) => piece.to > piece.from);
}

function following(own, total) {
  let at = 0;
  return OWN_PARTS.map((part) => {
    const from = at;
    at += own[part] / total;
    return { part, from, to: at };
  }).filter((piece) => piece.to > piece.from);
}

/** The services of a trace in the order in which they were reached. */
export function services(trace) {
  return [...new Set([...trace.spans].sort((a, b) => a.start - b.start).map((span) => span.service))];
}
