import * as api from '../api.js';
import { h } from '../dom.js';

const LOOK_BACK = 900; // seconds, several rounds of the tour
const STEP = 2; // seconds: a phase may be short

/**
 * The phases of the run in the order in which they came, with the current one. The generator tells only the
 * current one; the earlier ones are from its metrics.
 */
export function phases() {
  const list = h('ol', { class: 'phase-list' });
  const note = h('p', { class: 'muted' });
  const element = h('section', { class: 'panel phases', 'aria-label': 'phases' }, h('h2', {}, 'Phases'), list, note);
  const asking = new AbortController();
  let run = null;
  let names = [];
  let current = '';
  const show = () => {
    list.replaceChildren(...names.map((name) => h('li', { 'aria-current': name === current ? 'step' : null }, name)));
    note.textContent = names.length > 1
      ? 'Changes of rate and concurrency last until the next phase starts.'
      : 'Phases appear here when they start.';
  };
  const fill = async (id) => {
    const earlier = await seen(id, asking.signal);
    if (run !== id) return;
    names = [...new Set([...earlier, ...names])];
    show();
  };
  return {
    element,
    state(state) {
      if (state.run_id !== run) {
        run = state.run_id;
        names = [];
        fill(run).catch(() => { /* Prometheus is away: the phases that follow are enough */ });
      }
      if (state.phase === current && names.includes(current)) return;
      current = state.phase;
      if (current && !names.includes(current)) names.push(current);
      show();
    },
    down() { current = ''; show(); },
    close() { asking.abort(); },
  };
}

/** The phases of a run, in the order of its last round, from the one that came first of all. */
async function seen(id, signal) {
  const end = Date.now() / 1000;
  const expr = `loadgen_run_info{run_id=${JSON.stringify(id)}}`;
  const series = (await api.queryRange(expr, { start: end - LOOK_BACK, end, step: STEP }, signal)).filter((s) => s.values.length > 0);
  const first = (s) => s.values[0][0];
  const last = (s) => s.values.at(-1)[0];
  series.sort((a, b) => last(a) - last(b));
  const start = series.findIndex((s) => series.every((other) => first(s) <= first(other)));
  return [...series.slice(start), ...series.slice(0, start)].map((s) => s.metric.phase);
}
