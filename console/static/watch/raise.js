import { generator, patchGenerator } from '../api.js';
import { h } from '../dom.js';
import { experiment } from '../experiment.js';
import { outcome } from '../steer/change.js';

const RATE = 110; // requests/s: one core answers 100 of the tour's computations, each of 10 ms

/**
 * A button that asks for more than one core can compute, while the run has a rate that is lower.
 * @returns {{element: HTMLElement, refresh: () => Promise<void>}}
 */
export function raise() {
  const told = outcome();
  const button = h('button', { type: 'button', hidden: true, title: 'until the next phase starts', onclick: () => send() }, `Raise to ${RATE}/s`);
  const send = async () => {
    await told.send(() => patchGenerator({ rate: RATE }), `rate ${RATE}/s`);
    await refresh();
  };
  const refresh = async () => {
    const state = await generator().catch(() => null); // the line above says that it does not answer
    const lower = !experiment() && state?.loop === 'open' && !state.ended && state.rate < RATE;
    if (lower) told.forget();
    button.hidden = !lower;
  };
  return { element: h('div', { class: 'raise' }, button, told.element), refresh };
}
