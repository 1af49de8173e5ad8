import { h } from '../dom.js';
import { address } from './links.js';

/** Code, strong, emphasis and links, in this order at one place. */
const INLINE = /`([^`]+)`|\*\*(.+?)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)\s]+)\)/;

/** The levels of headings below those of the page. @type {('h3'|'h4'|'h5'|'h6')[]} */
const HEADINGS = ['h3', 'h4', 'h5', 'h6'];

/**
 * Makes elements of a small part of Markdown: paragraphs, headings, lists, code, strong, emphasis, and links
 * within the page or to the web. All else stays the text that it is.
 * @param {string} source
 * @returns {HTMLElement[]}
 */
export function markdown(source) {
  return source.trim().split(/\n\s*\n/).map(block);
}

function block(text) {
  const heading = /^(#{1,4})\s+(.*)$/s.exec(text);
  if (heading) return h(HEADINGS[heading[1].length - 1], null, inline(heading[2]));
  const items = text.split('\n');
  if (items.every((line) => /^\s*[-*]\s/.test(line))) return list('ul', items, /^\s*[-*]\s+/);
  if (items.every((line) => /^\s*\d+\.\s/.test(line))) return list('ol', items, /^\s*\d+\.\s+/);
  return h('p', null, inline(text));
}

function list(tag, items, mark) {
  return h(tag, null, items.map((line) => h('li', null, inline(line.replace(mark, '')))));
}

/** Makes elements of a text of one line. @param {string} text */
export function inline(text) {
  const found = INLINE.exec(text);
  if (!found) return [text];
  const [whole, code, strong, emphasis, label, target] = found;
  return [text.slice(0, found.index), node(code, strong, emphasis, label, target, whole), ...inline(text.slice(found.index + whole.length))];
}

function node(code, strong, emphasis, label, target, whole) {
  if (code !== undefined) return h('code', null, code);
  if (strong !== undefined) return h('strong', null, inline(strong));
  if (emphasis !== undefined) return h('em', null, inline(emphasis));
  return /^(https?:\/\/|#|\/)/.test(target) ? h('a', { href: address(target) }, inline(label)) : whole;
}
