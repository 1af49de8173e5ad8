import { queryRange } from '../api.js';

/** Seconds at the end of what is known that are asked for again: samples of rules and slow scrapes come late. */
const OVERLAP = 30;

/**
 * Remembers the points of range queries, so that a refresh asks for the newest only: the laboratory's own
 * processor evaluates the queries, in addition to what it measures.
 * @param {typeof queryRange} [ask]
 * @returns {Store} points by milliseconds since the epoch
 */
export function store(ask = queryRange) {
  const known = new Map();
  const range = async (expr, grid, signal) => {
    const key = `${grid.step} ${expr}`;
    const before = known.get(key);
    const from = begin(before, grid);
    const found = await ask(expr, { ...grid, start: from }, signal);
    const series = merge(before && from > grid.start ? before.series : new Map(), found, from * 1000, grid.start * 1000);
    known.set(key, { expr, start: grid.start, end: grid.end, series });
    return [...series.values()];
  };
  const forget = (keep) => {
    for (const [key, { expr }] of known) {
      if (!keep.includes(expr)) known.delete(key);
    }
  };
  return { range, forget };
}

/** From where to ask: the beginning, unless what is known reaches into the grid. */
function begin(known, { start, end, step }) {
  if (!known || known.start > start || known.end < start || known.end > end) return start;
  return Math.max(start, known.end - Math.ceil(OVERLAP / step) * step);
}

/** Replaces all points from `from` on, drops those before `start`, and series without any. Milliseconds. */
function merge(before, found, from, start) {
  const merged = new Map();
  for (const [key, { metric, points }] of before) {
    merged.set(key, { metric, points: new Map([...points].filter(([t]) => t >= start && t < from)) });
  }
  for (const { metric, values } of found) {
    const key = JSON.stringify(Object.entries(metric).sort());
    if (!merged.has(key)) merged.set(key, { metric, points: new Map() });
    for (const [t, v] of values) merged.get(key).points.set(Math.round(t * 1000), v);
  }
  return new Map([...merged].filter(([, { points }]) => points.size > 0));
}
