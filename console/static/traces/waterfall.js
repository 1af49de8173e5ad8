import { h } from '../dom.js';
import { duration } from '../format.js';
import { serviceColor } from './colors.js';
import { extent, failed, lead, leadLength, OWN_PARTS, pieces, split, tree } from './model.js';
import { navigation } from './keyboard.js';
import { ticks } from './ticks.js';

const MOST_SPANS = 2000;
const percent = (share) => `${(100 * share).toFixed(3)}%`;

/**
 * The spans of a trace on one time axis, as a tree.
 * @param {Trace} trace
 * @param {(span: Span) => void} onSelect
 */
export function waterfall(trace, onSelect) {
  const { roots } = tree(trace);
  const scale = extent(trace);
  const view = { rows: [], scale, onSelect, selected: null };
  const body = h('div', { class: 'waterfall-rows', role: 'tree', 'aria-label': 'spans' });
  addRows(view, roots, null);
  const shown = view.rows.slice(0, MOST_SPANS);
  body.append(...shown.map((row) => row.element));
  navigation(body, view, { select: (row) => select(view, row), toggle: (row, open) => toggle(view, row, open) });
  const rest = view.rows.length - shown.length;
  const { element: times, step } = axis(scale);
  const element = h('div', { class: 'waterfall' }, times, body,
    rest > 0 ? h('p', { class: 'muted' }, `${rest} more spans are not shown.`) : '');
  element.style.setProperty('--step', step);
  return element;
}

function addRows(view, nodes, parent) {
  for (const node of nodes) {
    const row = { node, parent, open: true, visible: true };
    row.element = rowElement(view, row);
    view.rows.push(row);
    addRows(view, node.children, row);
  }
}

function rowElement(view, row) {
  const { span, children, depth } = row.node;
  const fold = h('span', { class: 'span-fold', 'aria-hidden': 'true' }, children.length > 0 ? '▾' : '');
  fold.addEventListener('click', (event) => {
    if (children.length === 0) return;
    event.stopPropagation();
    toggle(view, row, !row.open);
  });
  row.fold = fold;
  const name = h('div', { class: 'span-name' }, fold, h('b', {}, span.service), ' ', h('span', { class: 'span-operation' }, span.name),
    failed(span) ? h('span', { class: 'error-mark' }, 'error') : '');
  name.style.paddingInlineStart = `${Math.min(depth, 12) * 0.9}rem`;
  name.style.borderInlineStartColor = serviceColor(span.service);
  const element = h('div', {
    class: 'span-row', role: 'treeitem', tabindex: depth === 0 && view.rows.length === 0 ? '0' : '-1', 'data-span-id': span.id,
    'aria-level': depth + 1, 'aria-selected': 'false', 'aria-label': words(span, view.scale),
    onclick: () => select(view, row),
  }, name, lane(span, view.scale));
  if (children.length > 0) element.setAttribute('aria-expanded', 'true');
  return element;
}

function words(span, scale) {
  const own = split(span);
  const parts = own ? OWN_PARTS.map((part) => `, ${part} ${duration(own[part])}`).join('') : '';
  const before = lead(span).map(({ part, length }) => `, ${part} ${duration(length)} before it`).join('');
  return `${span.service} ${span.name}, after ${duration(span.start - scale.start)}, for ${duration(span.duration)}${before}${parts}${failed(span) ? ', failed' : ''}`;
}

/** The line of a span with its bar, its events as ticks, and its duration next to it. */
function lane(span, scale) {
  const total = scale.end - scale.start || 1;
  const from = (span.start - scale.start) / total;
  const width = span.duration / total;
  const bar = h('div', { class: `span-bar${failed(span) ? ' failed' : ''}` }, pieces(span).map((piece) => {
    const element = h('span', { class: `part part-${piece.part}` });
    element.style.left = percent(piece.from);
    element.style.width = percent(piece.to - piece.from);
    return element;
  }));
  bar.style.left = percent(from);
  bar.style.width = percent(width);
  bar.style.borderColor = serviceColor(span.service);
  if (!split(span)) bar.classList.add('plain');
  const label = h('span', { class: 'span-duration' }, duration(span.duration));
  place(label, from, from + width);
  return h('div', { class: 'span-lane' }, earlier(span, scale.start, total), bar, span.events.map((event) => tick(event, scale.start, total)), label);
}

/** The lag and the wait for a connection, from their start to that of the span. */
function earlier(span, start, total) {
  let at = span.start - start - leadLength(span);
  return lead(span).map(({ part, length }) => {
    const element = h('span', { class: `span-lead part-${part}`, title: `${part} ${duration(length)}` });
    element.style.left = percent(at / total);
    element.style.width = percent(length / total);
    at += length;
    return element;
  });
}

/** Puts the duration where it hides nothing: after the bar, before it, or, over a long bar, on its end. */
function place(label, from, to) {
  if (to < 0.8) label.style.left = percent(to);
  else if (from > 0.2) label.style.right = percent(1 - from);
  else label.classList.add('inside');
}

function tick(event, start, total) {
  const element = h('span', { class: 'span-event', title: `${event.name} at ${duration(event.time - start)}` });
  element.style.left = percent(Math.min(1, Math.max(0, (event.time - start) / total)));
  return element;
}

/** The time axis; its places are those of the lines behind the bars. */
function axis(scale) {
  const total = scale.end - scale.start;
  const narrow = matchMedia('(max-width: 760px)').matches;
  const places = total > 0 ? ticks(total, narrow ? 3 : 5) : [0];
  const marks = places.map((at) => {
    const mark = h('span', { class: 'axis-mark' }, at === 0 ? '0' : duration(at));
    mark.style.left = percent(total > 0 ? at / total : 0);
    if (at > 0.95 * total) mark.classList.add('last');
    return mark;
  });
  const element = h('div', { class: 'waterfall-axis', 'aria-hidden': 'true' }, h('div', { class: 'span-name' }, 'Service and operation'),
    h('div', { class: 'span-lane' }, marks));
  return { element, step: places.length > 1 ? percent(places[1] / total) : '100%' };
}

function select(view, row) {
  if (view.selected) view.selected.element.setAttribute('aria-selected', 'false');
  view.selected = row;
  row.element.setAttribute('aria-selected', 'true');
  view.onSelect(row.node.span);
}

function toggle(view, row, open) {
  if (row.node.children.length === 0) return;
  row.open = open;
  row.fold.textContent = open ? '▾' : '▸';
  row.element.setAttribute('aria-expanded', String(open));
  for (const other of view.rows) {
    other.visible = !other.parent || (other.parent.visible && other.parent.open);
    other.element.hidden = !other.visible;
  }
}
