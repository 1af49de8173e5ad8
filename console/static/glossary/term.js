/** Terms of the glossary, explained where they are used. */
import { h } from '../dom.js';
import { inline } from '../watch/markdown.js';
import { mentions, slug } from './mentions.js';
import { TERMS } from './terms.js';

/** @typedef {import('./mentions.js').Term} Term */

/** @type {Record<string, Term>} */
const OF_PARTS = {
  lag: 'Lag', blocked: 'Blocked', entry: 'Entry', queue: 'Queue', cpu: 'CPU time', wait: 'Wait', unattributed: 'Unattributed',
};

const EDGE = 8; // pixels that a definition keeps from the window's edges

let count = 0;

/**
 * A term that shows its definition under the pointer and when it has the focus, and leads to the glossary.
 * @param {Term} name
 * @param {string} [label] if it is not the name
 */
export function term(name, label = name) {
  const id = `definition-${++count}`;
  const definition = h('span', { class: 'definition', role: 'tooltip', id, popover: 'manual' }, inline(TERMS[name]));
  const link = h('a', { class: 'term', href: `#/glossary/${slug(name)}`, 'aria-describedby': id }, label);
  const element = h('span', { class: 'term-place' }, link, definition);
  const onKey = (event) => { if (event.key === 'Escape') hide(); };
  const hide = () => {
    definition.hidePopover();
    document.removeEventListener('keydown', onKey);
  };
  const show = () => {
    definition.showPopover();
    place(definition, link.getBoundingClientRect());
    document.addEventListener('keydown', onKey);
  };
  element.addEventListener('mouseenter', show);
  element.addEventListener('mouseleave', () => { if (document.activeElement !== link) hide(); });
  link.addEventListener('focus', show);
  link.addEventListener('blur', () => { if (!element.matches(':hover')) hide(); });
  return element;
}

/** The name of a part of a duration, as a term if the glossary has it. @param {string} part */
export function partTerm(part) {
  return OF_PARTS[part] ? term(OF_PARTS[part], part) : part;
}

/** A text in which the first mention of each term is explained. @param {string} text */
export function explained(text) {
  return mentions(text).map((piece) => (piece.term ? term(piece.term, piece.text) : piece.text));
}

/** Puts a definition below its term, or above where there is no room; it touches the term, so that the pointer can go there. */
function place(definition, { left, top, bottom }) {
  const { width, height } = definition.getBoundingClientRect();
  definition.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  definition.style.top = `${bottom + height + EDGE < innerHeight ? bottom : Math.max(EDGE, top - height)}px`;
}
