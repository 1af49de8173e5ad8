/** The strip over every tab: the run, what it achieves, and which services are up. */
import * as api from '../api.js';
import { h } from '../dom.js';
import { followExperiment } from '../experiment.js';
import { connect } from '../live.js';
import { away, items, keep, wrong } from './words.js';

const REFRESH = 5000; // ms between two looks at the services
const STALE = 4000; // ms without a snapshot, which comes each second, after which figures are of the past

/**
 * Keeps the strip up to date as long as the page is there.
 * @param {HTMLElement} root
 * @param {string[]} services that should be up
 */
export function strip(root, services) {
  /** @type {import('./words.js').Facts & {running: import('../experiment.js').Running, stale: number}} */
  const view = { state: undefined, kept: [], services: null, running: null, stale: 0 };
  const cells = new Map();
  const list = h('dl', { class: 'strip-items' });
  const told = h('p', { class: 'strip-told', role: 'status' });
  root.replaceChildren(list, told);
  const show = () => {
    const all = items(view);
    for (const item of all) cell(cells, list, item).show(item, item.id === 'run' ? view.running : null);
    const text = wrong(all);
    if (told.textContent !== text) told.textContent = text;
  };
  const forget = () => { view.kept = []; show(); };
  connect({
    state: (state) => { view.state = state; show(); },
    snapshot: (snapshot) => {
      clearTimeout(view.stale);
      view.stale = setTimeout(forget, STALE);
      view.kept = keep(view.kept, snapshot);
      show();
    },
    down: (error) => { view.state = away(error); forget(); },
  });
  followExperiment((running) => { view.running = running; show(); });
  const ask = async () => {
    if (document.hidden) return;
    view.services = await upOf(services);
    show();
  };
  setInterval(ask, REFRESH);
  document.addEventListener('visibilitychange', ask);
  ask();
}

/** Which services answered the last scrape; null if Prometheus does not say, or has not scraped any yet. */
async function upOf(services) {
  if (services.length === 0) return null;
  try {
    const found = await api.query(`min by (job) (up{job=~"${services.join('|')}"})`);
    if (found.length === 0) return null;
    const answers = new Set(found.filter(({ value }) => value[1] === 1).map(({ metric }) => metric.job));
    return services.map((name) => ({ name, up: answers.has(name) }));
  } catch {
    return null; // the line above says that it does not answer
  }
}

/**
 * The cell of an item, made when it is first shown.
 * @param {Map<string, {show: Function}>} cells
 * @param {HTMLElement} list
 * @param {import('./words.js').Item} item
 */
function cell(cells, list, { id, label, title }) {
  const known = cells.get(id);
  if (known) return known;
  const value = h('dd', {});
  const element = h('div', { class: 'strip-item', 'data-strip': id, title }, h('dt', {}, label), value);
  list.append(element);
  let shown = '';
  const made = {
    /** @param {import('./words.js').Item} item @param {import('../experiment.js').Running} running */
    show(item, running) {
      const key = JSON.stringify([item, running?.title]);
      if (key === shown) return;
      shown = key;
      element.classList.toggle('bad', Boolean(item.bad));
      value.replaceChildren(item.value, ...(running ? [', ', h('a', { href: '#/experiments' }, `experiment ${running.title}`)] : []));
    },
  };
  cells.set(id, made);
  return made;
}
