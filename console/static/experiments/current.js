import * as api from '../api.js';
import { h } from '../dom.js';
import { duration, number } from '../format.js';
import { term } from '../glossary/term.js';
import { legend, totalBar } from '../traces/bar.js';
import { badge, resultLink } from './verdict.js';

const COLUMNS = ['round', 'step', 'load', 'requests/s', 'p50', 'p99', 'mean time by part'];

/**
 * What runs now with what it has measured so far, and how the last one ended.
 * @param {() => void} changed is called after the run was stopped
 */
export function current(changed) {
  const name = h('h2', {});
  const bar = h('progress', { 'aria-label': 'progress' });
  const next = h('p', { class: 'run-next', role: 'status' });
  const told = h('p', { class: 'muted' });
  const stop = h('button', { type: 'button', class: 'danger' }, 'Stop');
  const rows = h('tbody', {});
  const table = h('div', { class: 'wide' }, legend(), h('table', { class: 'points' },
    h('thead', {}, h('tr', {}, COLUMNS.map((column) => h('th', { scope: 'col' }, /^p\d/.test(column) ? term('p99', column) : column)))), rows));
  const running = h('section', { class: 'panel run-now', 'aria-label': 'current run', hidden: true },
    h('div', { class: 'run-head' }, name, stop), bar, next, told, table);
  const ended = h('p', { class: 'panel run-ended', role: 'status', hidden: true });
  stop.addEventListener('click', async () => {
    stop.disabled = true;
    await api.stopRun().catch((error) => { told.textContent = error.message; });
    changed();
  });
  return {
    element: h('div', { class: 'run-place' }, running, ended),
    show({ running: r, last }) {
      running.hidden = !r;
      ended.hidden = Boolean(r) || !last;
      if (last) ended.replaceChildren(...ending(last));
      if (!r) return;
      name.textContent = `${r.title}${r.quick ? ' (quick)' : ''}`;
      stop.disabled = r.stopping;
      bar.max = r.next?.all ?? 1;
      if (r.next) bar.value = r.next.done;
      else bar.removeAttribute('value');
      next.textContent = words(r);
      told.textContent = r.load_paused ? 'The load is paused until this run ends.' : '';
      table.hidden = r.points.length === 0;
      rows.replaceChildren(...r.points.map(row).reverse());
    },
  };
}

function words(r) {
  if (r.stopping) return 'Stopping. Results so far are kept.';
  if (!r.next) return 'Starting.';
  const { round, rounds, step, load } = r.next;
  const left = Math.max(0, r.next.left_s - (Date.now() - Date.parse(r.next_since)) / 1000);
  return `Round ${round} of ${rounds}, ${step} at ${number(load)}; about ${Math.ceil(left)} s left.`;
}

function row({ round, step, point: p }) {
  const ms = (s) => 1000 * s;
  const parts = {
    lag: ms(p.lag_s + p.connect_s), blocked: ms(p.blocked_s), entry: ms(p.entry_s), queue: ms(p.queue_s),
    cpu: ms(p.cpu_s), wait: ms(p.wait_s), network: ms(p.network_s + p.unattributed_s),
  };
  return h('tr', { class: p.valid ? null : 'disturbed', title: p.valid ? null : `not valid: ${(p.reasons ?? []).join(', ')}` },
    [round, step, number(p.load), number(p.rate), duration(ms(p.response_p50_s)), duration(ms(p.response_p99_s))].map((text) => h('td', {}, String(text))),
    h('td', { class: 'split' }, totalBar(parts)));
}

/** A reason as a sentence of its own. @param {string} text */
function sentence(text) {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

function ending(last) {
  if (!last.ending) return [h('strong', {}, `${last.title}: no result. `), sentence(last.failed)];
  return [badge(last.ending.verdict), ' ', h('strong', {}, `${last.title}. `), `${last.ending.answer} `, resultLink(last.run, 'Open the result')];
}
