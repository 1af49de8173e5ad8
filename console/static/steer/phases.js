import { h } from '../dom.js';

/** The phases of the run in the order of its plan, with the current one. */
export function phases() {
  const list = h('ol', { class: 'phase-list' });
  const element = h('section', { class: 'panel phases', 'aria-label': 'phases' }, h('h2', {}, 'Phases'), list,
    h('p', { class: 'muted' }, 'Changes of rate and concurrency last until the next phase starts.'));
  let names = [];
  let shown = '';
  const show = (current) => {
    const key = JSON.stringify([names, current]);
    if (key === shown) return;
    shown = key;
    list.replaceChildren(...names.map((name) => h('li', { 'aria-current': name === current ? 'step' : null }, name)));
  };
  return {
    element,
    state(state) {
      names = state.phases ?? [];
      show(state.phase);
    },
    down() { show(''); },
  };
}
