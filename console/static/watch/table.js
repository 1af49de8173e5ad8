import { h } from '../dom.js';
import { organized, transformation } from './columns.js';
import { color, field, text } from './fields.js';
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
  const { renameByName = {} } = transformation(panel, 'organize') ?? {};
  const rows = merged(frames.map((f) => ({ labels: f.labels, Time: f.time, [several ? `Value #${f.refId}` : 'Value']: f.values.at(-1) })), panel);
  const values = [...new Set(rows.flatMap(Object.keys))].filter((name) => name !== 'labels' && name !== 'Time');
  const names = organized(['Time', ...new Set(frames.flatMap((f) => Object.keys(f.labels))), ...values], panel);
  const renamed = (name) => renameByName[name] || name;
  const made = rows.map((row) => Object.fromEntries(names.map((name) => [renamed(name), row.labels[name] ?? row[name]])));
  return { columns: names.map(renamed), rows: ordered(made, panel) };
}

/** The values of several queries in one row, where the labels are the same and the panel has a `merge`. */
function merged(rows, panel) {
  if (!transformation(panel, 'merge')) return rows;
  const found = new Map();
  for (const row of rows) {
    const key = JSON.stringify(Object.entries(row.labels).sort());
    found.set(key, { ...found.get(key), ...row });
  }
  return [...found.values()];
}

/** In the order of the panel's `sortBy`, as many as its `limit`; the reader's own order comes on top of it. */
function ordered(rows, panel) {
  const [by] = transformation(panel, 'sortBy')?.sort ?? [];
  const all = by ? sorted({ rows, by: by.field, order: by.desc ? DOWN : UP }) : rows;
  return all.slice(0, transformation(panel, 'limit')?.limitField);
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
  const one = field(panel, name);
  const element = h('td', { class: 'number' }, name === 'Time' ? time(value * 1000) : text(value, one));
  if (one.custom.cellOptions?.type === 'color-text') element.style.color = color(value, one);
  return element;
}
