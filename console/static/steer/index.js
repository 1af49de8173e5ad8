/** The tab "Steer": what the generator does now, its controls, and the faults of the services. */
import { h } from '../dom.js';
import { controls } from './controls.js';
import { faults } from './faults.js';
import { connect } from '../live.js';
import { phases } from './phases.js';
import { readout } from './readout.js';

export const title = 'Steer';

/** Shows the tab and keeps it up to date until the returned function is called. */
export async function mount(root, ctx) {
  const away = h('p', { class: 'steer-away', role: 'status', hidden: true });
  const [live, course, knobs] = [readout(), phases(), controls()];
  const parts = [live, course, knobs];
  const switches = faults(ctx.config.services);
  root.append(h('div', { class: 'steer' }, away,
    h('div', { class: 'steer-run' }, h('div', { class: 'steer-live' }, live.element, course.element), knobs.element), switches.element));
  const close = connect({
    state: (state) => { away.hidden = true; parts.forEach((part) => part.state(state)); },
    snapshot: (snapshot) => parts.forEach((part) => part.snapshot?.(snapshot)),
    down: (error) => {
      away.hidden = false;
      // 503 is the console's own answer: a sentence that says how the generator ended.
      away.textContent = error.status === 503 ? `No load: ${error.message}.` : `No load generator: ${error.message}. The controls return when it answers.`;
      parts.forEach((part) => part.down());
    },
  });
  return () => {
    close();
    switches.close();
    knobs.close();
  };
}
