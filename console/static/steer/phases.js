import * as api from '../api.js';
import { h } from '../dom.js';

const LOOK_BACK = 3600; // seconds
const STEP = 10; // seconds

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
      ? 'A change of rate or concurrency holds until the phase ends; the next one brings its own.'
      : 'Phases appear here as they come.';
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

/** The phases of a run by the time of their first sample. */
async function seen(id, signal) {
  const end = Date.now() / 1000;
  const expr = `loadgen_run_info{run_id=${JSON.stringify(id)}}`;
  const series = await api.queryRange(expr, { start: end - LOOK_BACK, end, step: STEP }, signal);
  return series.filter((s) => s.values.length > 0)
    .sort((a, b) => a.values[0][0] - b.values[0][0]).map((s) => s.metric.phase);
}
