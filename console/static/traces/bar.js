import { h } from '../dom.js';
import { duration } from '../format.js';
import { partTerm } from '../glossary/term.js';
import { PARTS } from './model.js';

/** What the glossary does not explain. */
const MEANING = { network: 'in transit, or not accounted for' };

/**
 * A small bar of the parts of a duration, in proportion.
 * @param {Object<string, number>} sums ms by part
 */
export function totalBar(sums) {
  const total = PARTS.reduce((sum, part) => sum + (sums[part] ?? 0), 0);
  const present = PARTS.filter((part) => total > 0 && sums[part] > 0);
  const words = present.map((part) => `${part} ${duration(sums[part])}`).join(', ');
  return h('div', { class: 'split-bar', role: 'img', 'aria-label': words || 'no breakdown', title: words },
    present.map((part) => {
      const piece = h('span', { class: `part part-${part}` });
      piece.style.flexGrow = String(sums[part] / total);
      return piece;
    }));
}

/** The legend of the parts. */
export function legend(parts = PARTS) {
  return h('ul', { class: 'part-legend', 'aria-label': 'colours' }, parts.map((part) =>
    h('li', { title: MEANING[part] }, h('span', { class: `part-key part-${part}`, 'aria-hidden': 'true' }), partTerm(part))));
}
