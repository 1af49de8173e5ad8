/** The glossary as a page. */
import { h } from '../dom.js';
import { inline } from '../watch/markdown.js';
import { slug } from './mentions.js';
import { TERMS } from './terms.js';

export const title = 'Glossary';

/** Shows every term; the one that the route names is marked. */
export async function mount(root, ctx) {
  const [chosen] = ctx.route.path;
  const entries = Object.entries(TERMS).map(([name, definition]) => {
    const id = slug(/** @type {import('./mentions.js').Term} */ (name));
    const term = h('dt', { id: `term-${id}`, 'aria-current': id === chosen ? 'true' : null }, h('a', { href: `#/glossary/${id}` }, name));
    return [term, h('dd', null, inline(definition))];
  });
  root.append(h('section', { class: 'panel glossary' }, h('h2', null, title), h('dl', null, entries)));
  root.querySelector('[aria-current]')?.scrollIntoView({ block: 'center' });
}
