import { h } from '../dom.js';
import { text } from './fields.js';
import { reduce, title } from './reduce.js';

/**
 * The legend of a chart: a list, or a table of each series with its calculations. A name is a button which hides and
 * shows its series.
 * @param {{showLegend?: boolean, displayMode?: string, calcs?: string[]}|undefined} options of the panel
 * @param {(name: string) => void} onToggle
 * @returns {{element: HTMLElement, update: (frames: object[], hidden: Set<string>) => void}}
 */
export function legendOf(options, onToggle) {
  const { displayMode, showLegend, calcs: wantedCalcs = [] } = options ?? {};
  const table = displayMode === 'table';
  const calcs = table ? wantedCalcs : [];
  const body = h(table ? 'tbody' : 'ul');
  const element = h('div', { class: 'legend', hidden: showLegend === false }, table ? h('table', null, head(calcs), body) : body);
  const rows = new Map();
  const update = (frames, hidden) => {
    const names = new Set(frames.map((f) => f.name));
    for (const [name, row] of rows) {
      if (names.has(name)) continue;
      row.element.remove();
      rows.delete(name);
    }
    for (const frame of frames) {
      if (!rows.has(frame.name)) rows.set(frame.name, row(frame, table, calcs, onToggle));
      rows.get(frame.name).update(frame, !hidden.has(frame.name));
    }
    const wanted = frames.map((f) => rows.get(f.name).element);
    if (wanted.some((tr, i) => body.children[i] !== tr)) body.replaceChildren(...wanted);
  };
  return { element, update };
}

function head(calcs) {
  return h('thead', null, h('tr', null, h('th', { scope: 'col' }, h('span', { class: 'hidden-text' }, 'Series')),
    calcs.map((calc) => h('th', { scope: 'col', class: 'number' }, title(calc)))));
}

function row({ name }, table, calcs, onToggle) {
  const swatch = h('span', { class: 'swatch' });
  const button = h('button', { type: 'button', onclick: () => onToggle(name), title: 'Hide or show this series' }, swatch, name);
  const cells = calcs.map(() => h('td', { class: 'number' }));
  const element = table ? h('tr', null, h('th', { scope: 'row' }, button), cells) : h('li', null, button);
  const update = (frame, shown) => {
    button.setAttribute('aria-pressed', String(shown));
    swatch.style.background = frame.color;
    calcs.forEach((calc, i) => { cells[i].textContent = text(reduce(frame.values, calc), frame.field); });
  };
  return { element, update };
}
