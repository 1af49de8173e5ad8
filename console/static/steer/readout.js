import { h } from '../dom.js';
import { duration, number } from '../format.js';
import { term } from '../glossary/term.js';
import { doubt } from '../validity.js';
import { sparkline } from './sparkline.js';

const ms = (nanoseconds) => nanoseconds / 1e6;

/**
 * Its label and the term that explains it, its value in a snapshot, how it is written.
 * @typedef {{id: string, label: string, of?: import('../glossary/term.js').Term, value: (s: Snapshot) => number, text: (v: number) => string}} Figure
 */

/** @type {Figure[]} */
const FIGURES = [
  { id: 'rate', label: 'Requests per second', value: (s) => s.rate, text: (v) => `${number(v)}/s` },
  { id: 'in-flight', label: 'In flight (mean)', of: 'In flight', value: (s) => s.mean_in_flight, text: number },
  { id: 'response-p50', label: 'Response p50', of: 'Response time', value: (s) => ms(s.response_p50_ns), text: duration },
  { id: 'response-p99', label: 'Response p99', of: 'Response time', value: (s) => ms(s.response_p99_ns), text: duration },
  { id: 'service-p50', label: 'Service p50', of: 'Service time', value: (s) => ms(s.service_p50_ns), text: duration },
  { id: 'service-p99', label: 'Service p99', of: 'Service time', value: (s) => ms(s.service_p99_ns), text: duration },
  { id: 'lag-p99', label: 'Lag p99', of: 'Lag', value: (s) => ms(s.lag_p99_ns), text: duration },
  { id: 'failed', label: 'Failed', value: (s) => s.failed, text: number },
  { id: 'dropped', label: 'Dropped', value: (s) => s.dropped, text: number },
];

/** @type {Record<string, import('../glossary/term.js').Term>} */
const LOOPS = { open: 'Open loop', closed: 'Closed loop', batch: 'Batch' };

/** What the glossary does not explain. */
const MEANING = {
  dropped: 'due and never sent, in the last second',
  failed: 'ended with an error or without a reply, in the last second',
};

/** The live state of the run. */
export function readout() {
  const facts = h('p', { class: 'run-facts' });
  const verdict = h('p', { class: 'run-verdict', role: 'status' });
  const figures = FIGURES.map(figure);
  let run = '';
  let shown = '';
  return {
    element: h('section', { class: 'panel readout', 'aria-label': 'the run now' },
      h('h2', {}, 'Load generator'), facts, verdict, h('dl', { class: 'figures' }, figures.map((f) => f.element))),
    state(state) {
      const key = JSON.stringify({ ...state, mix: null });
      if (key !== shown) facts.replaceChildren(...describe(state));
      shown = key;
      if (state.run_id !== run) figures.forEach((f) => f.clear());
      run = state.run_id;
    },
    snapshot(snapshot) {
      figures.forEach((f) => f.update(snapshot));
      judge(verdict, snapshot);
    },
    down() {
      verdict.textContent = '';
      figures.forEach((f) => f.fade());
    },
  };
}

function describe(state) {
  const asked = {
    open: [h('b', {}, `${number(state.rate)}/s`), ' asked, ', term('Arrival process', 'arrivals'), ` ${state.arrivals}`],
    closed: [h('b', {}, number(state.concurrency)), ' requests kept in flight'],
    batch: ['all requests sent at once'],
  }[state.loop] ?? ['nothing is running'];
  const condition = state.ended ? 'ended' : state.paused ? 'paused' : 'running';
  return [h('span', { class: `run-condition ${condition}` }, condition), ` ${state.scenario}, phase `, h('b', {}, state.phase || 'none'),
    ...(LOOPS[state.loop] ? [', ', term(LOOPS[state.loop], LOOPS[state.loop].toLowerCase())] : []), ': ', ...asked];
}

function judge(verdict, snapshot) {
  const found = doubt([snapshot]);
  const sent = snapshot.scheduled > 0 || snapshot.completed > 0;
  verdict.classList.toggle('ok', sent && !found);
  verdict.classList.toggle('bad', Boolean(found?.matters));
  const whole = sent ? '✓ this second is valid' : 'nothing was sent in this second';
  const text = found ? `✗ this second is not valid: ${found.off}` : whole;
  if (verdict.textContent !== text) verdict.textContent = text;
}

/** @param {Figure} what */
function figure({ id, label, of, value, text }) {
  const shown = h('dd', { 'data-figure': id }, '–');
  const line = sparkline();
  const element = h('div', { class: 'figure', title: MEANING[id] }, h('dt', {}, of ? term(of, label) : label), shown, line.element);
  return {
    element,
    clear: line.clear,
    update(snapshot) {
      const v = value(snapshot);
      shown.textContent = text(v);
      element.classList.remove('old');
      element.classList.toggle('warn', (id === 'failed' || id === 'dropped') && v > 0);
      line.add(v);
    },
    fade: () => element.classList.add('old'),
  };
}
