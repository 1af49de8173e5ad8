import { h } from '../dom.js';
import { time } from '../format.js';
import { format } from '../route.js';
import { RANGES } from './period.js';

const NAMES = { '5m': 'last 5 minutes', '15m': 'last 15 minutes', '1h': 'last hour', '2h': 'last 2 hours' };

/**
 * What stands above a dashboard: which one, its variables, the time that it shows.
 * @param {Config} config of the server
 * @param {string} uid of the dashboard that is shown
 * @param {HTMLElement} variables
 * @param {{range: (name: string) => void, live: () => void}} on what the reader chooses
 * @returns {{element: HTMLElement, update: (period: object, parameters: [string, string][]) => void}}
 */
export function toolbar(config, uid, variables, on) {
  const links = config.dashboards.map((d) => h('a', { 'data-uid': d.uid, 'aria-current': d.uid === uid ? 'page' : null }, d.title));
  const range = h('select', { 'aria-label': 'time', onchange: () => on.range(range.value) },
    [...RANGES.keys()].map((name) => h('option', { value: name }, NAMES[name])));
  const zoomed = h('span', { class: 'zoomed' });
  const back = h('button', { type: 'button', hidden: true, onclick: on.live }, 'Back to live');
  const element = h('div', { class: 'toolbar' }, h('nav', { class: 'dashboards', 'aria-label': 'dashboards' }, links), variables,
    h('div', { class: 'period' }, zoomed, back, range));
  const update = (period) => {
    range.value = period.range;
    const fixed = period.to > 0;
    zoomed.textContent = fixed ? `${clock(period.from)} to ${clock(period.to)}` : '';
    back.hidden = !fixed;
    for (const link of links) link.href = format('watch', [link.dataset.uid ?? ''], address(period));
  };
  return { element, update };
}

/** The period as the address's query keeps it. */
export function address({ range, from, to }) {
  return to > 0 ? { range, from: from.toFixed(0), to: to.toFixed(0) } : { range };
}

function clock(seconds) {
  return time(seconds * 1000).replace(/\..*/, '');
}
