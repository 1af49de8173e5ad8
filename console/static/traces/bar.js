import { h } from '../dom.js';
import { duration } from '../format.js';
import { PARTS } from './model.js';

/** What each part is, for legends and tooltips. */
export const MEANING = {
  lag: 'the generator itself was late',
  blocked: 'waiting for a free connection of the generator',
  entry: 'received, waiting for its handler',
  queue: 'ready to run, waiting for its turn: for a processor, a slot, a lock or a pool',
  cpu: 'computing',
  wait: 'waiting for a timer, a disk, a database or another service',
  network: 'in transit, or not accounted for',
};

/**
 * A small bar of the parts of a duration, in proportion.
 * @param {Object<string, number>} sums ms by part
 */
export function totalBar(sums) {
  const total = PARTS.reduce((sum, part) => sum + (sums[part] ?? 0), 0);
  const present = PARTS.filter((part) => total > 0 && sums[part] > 0);
  const words = present.map((part) => `${part} ${duration(sums[part])}`).join(', ');
  return h('div', { class: 'split-bar', role: 'img', 'aria-label': words || 'no split', title: words },
    present.map((part) => {
      const piece = h('span', { class: `part part-${part}` });
      piece.style.flexGrow = String(sums[part] / total);
      return piece;
    }));
}

/** The legend of the parts. */
export function legend(parts = PARTS) {
  return h('ul', { class: 'part-legend', 'aria-label': 'colours' }, parts.map((part) =>
    h('li', { title: MEANING[part] }, h('span', { class: `part-key part-${part}`, 'aria-hidden': 'true' }), part)));
}
