import { h } from '../dom.js';
import { field, text } from './fields.js';
import { time } from '../format.js';

const UP = 'ascending';
const DOWN = 'descending';

/** Shows the newest value of each series as a row, its labels as columns. A click on a heading sorts. */
export function table(body, panel) {
  const state = { by: '', order: UP, rows: [], columns: [] };
  const head = h('tr');
  const rows = h('tbody');
  body.append(h('div', { class: 'table', tabindex: 0, 'data-scrolls': '', role: 'region', 'aria-label': panel.title },
    h('table', null, h('thead', { hidden: panel.options?.showHeader === false }, head), rows)));
  const draw = () => {
    headings(head, state, draw);
    rows.replaceChildren(...sorted(state).map((row) => h('tr', null, state.columns.map((name) => cell(row, name, panel)))));
  };
  const update = ({ frames }) => {
    const next = cells(frames, panel);
    const same = JSON.stringify(next) === JSON.stringify({ columns: state.columns, rows: state.rows });
    if (same) return; // what the reader has marked in it stays marked
    Object.assign(state, next);
    draw();
  };
  return { update };
}

/** Each series as a row by columns' names, as Grafana names them, without those that the panel excludes. */
function cells(frames, panel) {
  const several = new Set(frames.map((f) => f.refId)).size > 1;
  const rows = frames.map((f) => ({ Time: f.time, ...f.labels, [several ? `Value #${f.refId}` : 'Value']: f.values.at(-1) }));
  const { excludeByName = {}, renameByName = {} } = panel.transformations?.find((t) => t.id === 'organize')?.options ?? {};
  const names = [...new Set(rows.flatMap(Object.keys))].filter((name) => !excludeByName[name]);
  const values = (name) => name.startsWith('Value');
  const columns = [...names.filter((n) => !values(n)), ...names.filter(values)];
  const renamed = (name) => renameByName[name] || name;
  return {
    columns: columns.map(renamed),
    rows: rows.map((row) => Object.fromEntries(columns.map((name) => [renamed(name), row[name]]))),
  };
}

/** The headings are made once for the same columns, so that the focus stays on them. */
function headings(head, state, draw) {
  const shown = [...head.children].map((th) => th.dataset.column);
  if (shown.join('\n') !== state.columns.join('\n')) {
    head.replaceChildren(...state.columns.map((name) => h('th', { scope: 'col', class: numeric(state, name) ? 'number' : null, 'data-column': name },
      h('button', { type: 'button', onclick: () => sort(state, name, draw) }, name))));
  }
  for (const th of head.children) {
    if (th.dataset.column === state.by) th.setAttribute('aria-sort', state.order);
    else th.removeAttribute('aria-sort');
  }
}

/** Whether a column's cells are numbers, which stand at the right. */
function numeric({ rows }, name) {
  return rows.some((row) => typeof row[name] === 'number');
}

function sort(state, name, draw) {
  state.order = state.by === name && state.order === UP ? DOWN : UP;
  state.by = name;
  draw();
}

function sorted({ rows, by, order }) {
  if (!by) return rows;
  const sign = order === UP ? 1 : -1;
  const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a ?? '').localeCompare(String(b ?? '')));
  return [...rows].sort((a, b) => sign * compare(a[by], b[by]));
}

function cell(row, name, panel) {
  const value = row[name];
  if (typeof value !== 'number') return h('td', null, value ?? '');
  return h('td', { class: 'number' }, name === 'Time' ? time(value * 1000) : text(value, field(panel, name)));
}
