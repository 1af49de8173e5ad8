import { h } from '../dom.js';
import { text } from './fields.js';
import { reduce, title } from './reduce.js';

/**
 * The table under a chart: each series with its calculations. Its name is a button which hides and shows it.
 * @param {{displayMode?: string, calcs?: string[]}} [options]
 * @param {(name: string) => void} onToggle
 */
export function legendTable(options = {}, onToggle) {
  const calcs = options.calcs ?? [];
  const body = h('tbody');
  const head = h('thead', null, h('tr', null, h('th', { scope: 'col' }, h('span', { class: 'hidden-text' }, 'Series')),
    calcs.map((calc) => h('th', { scope: 'col', class: 'number' }, title(calc)))));
  const element = h('div', { class: 'legend', hidden: options.displayMode === 'hidden' }, h('table', null, head, body));
  const rows = new Map();
  const update = (frames, hidden) => {
    const names = new Set(frames.map((f) => f.name));
    for (const [name, row] of rows) {
      if (names.has(name)) continue;
      row.element.remove();
      rows.delete(name);
    }
    for (const frame of frames) {
      if (!rows.has(frame.name)) rows.set(frame.name, row(frame, calcs, onToggle));
      rows.get(frame.name).update(frame, !hidden.has(frame.name));
    }
    const wanted = frames.map((f) => rows.get(f.name).element);
    if (wanted.some((tr, i) => body.children[i] !== tr)) body.replaceChildren(...wanted);
  };
  return { element, update };
}

function row({ name, color }, calcs, onToggle) {
  const swatch = h('span', { class: 'swatch' });
  swatch.style.background = color;
  const button = h('button', { type: 'button', onclick: () => onToggle(name), title: 'hide or show' }, swatch, name);
  const cells = calcs.map(() => h('td', { class: 'number' }));
  const element = h('tr', null, h('th', { scope: 'row' }, button), cells);
  const update = (frame, shown) => {
    button.setAttribute('aria-pressed', String(shown));
    swatch.style.background = frame.color;
    calcs.forEach((calc, i) => { cells[i].textContent = text(reduce(frame.values, calc), frame.field); });
  };
  return { element, update };
}
