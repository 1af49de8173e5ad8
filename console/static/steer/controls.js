import * as api from '../api.js';
import { h } from '../dom.js';
import { spoils } from '../experiment.js';
import { amount } from './amount.js';
import { arrivals } from './arrivals.js';
import { mix } from './mix.js';
import { running } from './running.js';

const AWAY = 'The generator does not answer.';
const SETTLING = 1000; // ms after a change in which a snapshot may still be of the time before it
const LOOPS = {
  open: 'An open loop sends on schedule',
  closed: 'A closed loop sends when a reply arrives',
  batch: 'A batch sends all its requests at once',
};

/** The controls of the run. Those which its loop does not have are off, with the reason. */
export function controls() {
  const parts = {
    run: running(),
    rate: amount({
      id: 'rate', label: 'Rate', unit: 'requests/s', low: 0.1, high: 10_000, whole: false,
      apply: (rate) => api.patchGenerator({ rate }), words: (v) => `rate ${v}/s`,
    }),
    arrivals: arrivals(),
    concurrency: amount({
      id: 'concurrency', label: 'Concurrency', unit: 'requests in flight', low: 1, high: 2_000, whole: true,
      apply: (concurrency) => api.patchGenerator({ concurrency }), words: (v) => `concurrency ${v}`,
    }),
    mix: mix(),
  };
  const enable = (reasonOf) => Object.entries(parts).forEach(([name, part]) => part.enable(reasonOf(name)));
  enable(() => AWAY);
  let settled = 0;
  const settle = () => { settled = performance.now() + SETTLING; };
  window.addEventListener('loadlab:mark', settle);
  return {
    element: h('section', { class: 'panel controls', 'aria-label': 'controls of the run' }, h('h2', {}, 'Controls'),
      Object.values(parts).map((part) => part.element)),
    state(state) {
      enable((name) => reason(name, state));
      if (performance.now() < settled) return;
      parts.run.show(state);
      parts.rate.show(state.loop === 'open' ? state.rate : NaN);
      parts.arrivals.show(state.arrivals);
      parts.concurrency.show(state.loop === 'closed' ? state.concurrency : NaN);
      parts.mix.show(state.mix ?? {});
    },
    down: () => enable(() => AWAY),
    close: () => window.removeEventListener('loadlab:mark', settle),
  };
}

/** Why a control is off; empty if it is on. */
function reason(name, state) {
  if (spoils()) return spoils();
  if (state.ended) return 'The run has ended.';
  if (!state.loop) return 'Nothing is running.';
  const needs = { rate: 'open', arrivals: 'open', concurrency: 'closed' }[name];
  if (!needs || needs === state.loop) return '';
  const has = { rate: 'has no rate', arrivals: 'has no schedule of arrivals', concurrency: 'has no fixed concurrency' }[name];
  return `${LOOPS[state.loop] ?? 'This loop is different'}; it ${has}.`;
}
