import { h } from '../dom.js';
import { badge, resultLink } from './verdict.js';

/** The results that are kept, the newest first. */
export function results() {
  const rows = h('tbody', {});
  const table = h('div', { class: 'wide' }, h('table', { class: 'results' },
    h('thead', {}, h('tr', {}, ['when', 'experiment', 'verdict', 'answer'].map((column) => h('th', { scope: 'col' }, column)))), rows));
  const element = h('section', { class: 'panel', 'aria-label': 'results', hidden: true }, h('h2', {}, 'Results'), table);
  let shown = '';
  return {
    element,
    show({ results: all }) {
      const now = all.map((r) => r.id).join();
      if (now === shown) return;
      shown = now;
      element.hidden = all.length === 0;
      rows.replaceChildren(...all.map((r) => h('tr', {},
        h('td', {}, resultLink(r.id, new Date(r.started).toLocaleString())),
        h('td', {}, r.title, r.quick ? h('span', { class: 'muted' }, ' quick') : null),
        h('td', {}, badge(r.verdict)), h('td', { class: 'answer' }, r.answer))));
    },
  };
}
