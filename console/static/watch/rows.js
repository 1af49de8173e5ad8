import { h } from '../dom.js';

/** @typedef {{title: string, collapsed: boolean, panels: Panel[]}} Section */

/**
 * Puts the panels of a dashboard into sections: those before its first row, and those of each row. A row that is
 * collapsed in the JSON has its panels in itself, and begins closed.
 * @param {Panel[]} all the dashboard's
 * @returns {Section[]}
 */
export function sections(all) {
  /** @type {Section[]} */
  const found = [{ title: '', collapsed: false, panels: [] }];
  for (const panel of all) {
    if (panel.type === 'row') found.push({ title: panel.title, collapsed: Boolean(panel.collapsed), panels: [...panel.panels ?? []] });
    else found[found.length - 1].panels.push(panel);
  }
  return found.filter(({ title, panels }) => title || panels.length > 0);
}

/**
 * A section's element: its grid, below a heading that opens and closes it if it has one.
 * @param {Section} section
 * @param {HTMLElement[]} elements of its panels
 */
export function sectionElement({ title, collapsed, panels }, elements) {
  const top = Math.min(...panels.map((p) => p.gridPos.y));
  const grid = h('div', { class: 'grid' }, elements);
  elements.forEach((element, i) => element.style.setProperty('--y', String(panels[i].gridPos.y - top + 1)));
  if (!title) return grid;
  return h('details', { class: 'row', open: !collapsed }, h('summary', null, h('h3', null, title)), grid);
}
