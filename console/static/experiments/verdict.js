import { h } from '../dom.js';

const TONES = { holds: 'ok', 'does not hold': 'bad' };

/** A verdict in the colour of what it means. */
export function badge(verdict) {
  return h('span', { class: `verdict ${TONES[verdict] ?? 'unsure'}` }, verdict);
}

/** A link to the page of a result. */
export function resultLink(id, ...children) {
  return h('a', { href: `#/experiments/${encodeURIComponent(id)}` }, children);
}
