/** Where a text mentions terms of the glossary. Nothing here touches the page. */
import { TERMS } from './terms.js';

/** @typedef {keyof typeof TERMS} Term */

const NAMES = /** @type {Term[]} */ (Object.keys(TERMS)).sort((a, b) => b.length - a.length); // the longest fits first
const ANY = new RegExp(`(?<![\\w-])(?:${NAMES.map((name) => name.replace(/[^\w ]/g, '\\$&')).join('|')})s?(?![\\w-])`, 'gi');

/**
 * Divides a text where it mentions a term for the first time.
 * @param {string} text
 * @returns {{text: string, term?: Term}[]}
 */
export function mentions(text) {
  const found = [];
  const seen = new Set();
  let at = 0;
  for (const { 0: word, index } of text.matchAll(ANY)) {
    const term = termOf(word);
    if (!term || seen.has(term)) continue;
    seen.add(term);
    if (index > at) found.push({ text: text.slice(at, index) });
    found.push({ text: word, term });
    at = index + word.length;
  }
  return at < text.length ? [...found, { text: text.slice(at) }] : found;
}

function termOf(word) {
  const written = word.toLowerCase();
  return NAMES.find((name) => [name.toLowerCase(), `${name.toLowerCase()}s`].includes(written));
}

/** The part of the address that names a term. @param {Term} term */
export function slug(term) {
  return term.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}
