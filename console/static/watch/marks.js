/** Times that are marked on every chart: phases of the run, faults, and what the reader has changed. */
import { store } from './store.js';
import { seriesName } from './seriesname.js';

const KEY = 'loadlab.marks'; // where the steering keeps what was changed
const CHANGE = 'var(--accent)';

/**
 * Keeps the marks of a dashboard.
 * @param {Dashboard} model
 * @param {() => void} onChange after a mark has come by itself
 * @returns {{refresh: (shown: {from: number, to: number}, scrape: number, signal: AbortSignal) => Promise<boolean>,
 *   all: () => Mark[], end: () => void}} refresh says whether other marks are there than before
 */
export function marks(model, onChange) {
  const wanted = (model.annotations?.list ?? []).filter((a) => a.enable !== false && a.expr);
  const known = store();
  let phases = /** @type {Mark[]} */ ([]);
  let changes = stored();
  const changed = () => {
    changes = stored();
    onChange();
  };
  window.addEventListener('loadlab:mark', changed);
  const refresh = async (shown, scrape, signal) => {
    const before = begins(phases);
    phases = (await Promise.all(wanted.map((a) => regions(a, shown, scrape, known, signal)))).flat();
    return begins(phases) !== before;
  };
  const all = () => [...phases, ...changes].sort((a, b) => a.from - b.from);
  return { refresh, all, end: () => window.removeEventListener('loadlab:mark', changed) };
}

function begins(all) {
  return all.map((m) => `${m.from} ${m.title}`).join('\n');
}

/**
 * Neighbouring points of an annotation's series are one region, as in Grafana.
 * @param {Annotation} annotation
 * @returns {Promise<Mark[]>}
 */
async function regions(annotation, { from, to }, scrape, known, signal) {
  const step = Math.max(scrape, parseFloat(annotation.step ?? '') || 0);
  const grid = { start: Math.floor(from / step) * step, end: Math.floor(to / step) * step, step };
  const found = await known.range(annotation.expr, grid, signal);
  return found.flatMap(({ metric, points }) => stretches([...points.keys()].sort((a, b) => a - b), step * 1000).map(([first, last]) => ({
    from: first / 1000, to: last / 1000, open: first / 1000 <= grid.start, color: annotation.iconColor,
    title: seriesName(annotation.titleFormat || annotation.name, metric),
    text: annotation.textFormat ? seriesName(annotation.textFormat, metric) : '',
  })));
}

/** Milliseconds, put together where no step lies between them. */
function stretches(times, step) {
  const found = [];
  for (const t of times) {
    const last = found.at(-1);
    if (last && t - last[1] <= step * 1.01) last[1] = t;
    else found.push([t, t]);
  }
  return found;
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '[]').map(({ time, text }) => ({ from: time, to: time, color: CHANGE, title: text, text: '' }));
  } catch {
    return [];
  }
}
