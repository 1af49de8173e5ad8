import { h } from '../dom.js';
import { duration, time } from '../format.js';
import { legend, totalBar } from './bar.js';
import { serviceColor } from './colors.js';
import { extent, failed, rootSpan, services, totals } from './model.js';

/**
 * The list of found traces.
 * @param {Trace[]} traces
 * @param {'newest'|'slowest'} order
 */
export function results(traces, order) {
  const rows = traces.filter((trace) => trace.spans.length > 0).map(describe);
  const by = order === 'slowest' ? (a, b) => b.length - a.length : (a, b) => b.start - a.start;
  rows.sort(by);
  const longest = Math.max(...rows.map((row) => row.length), Number.MIN_VALUE);
  return h('div', { class: 'trace-results' }, legend(), h('ol', { class: 'trace-rows' }, rows.map((row) => item(row, longest))));
}

function describe(trace) {
  const { start, end } = extent(trace);
  return { trace, root: rootSpan(trace), start, length: end - start, errors: trace.spans.filter(failed).length };
}

function item({ trace, root, start, length, errors }, longest) {
  const bar = totalBar(totals(trace));
  bar.style.width = `${Math.max(2, 100 * length / longest)}%`;
  return h('li', {}, h('a', { class: 'trace-row', href: `#/traces/${trace.id}`, 'data-trace-id': trace.id },
    h('span', { class: 'trace-time' }, time(start)),
    h('span', { class: 'trace-name' }, h('b', {}, root.name), h('span', { class: 'muted' }, ` from ${root.service}`)),
    h('span', { class: 'trace-services' }, services(trace).map(dot)),
    h('span', { class: 'trace-spans muted' }, `${trace.spans.length} ${trace.spans.length === 1 ? 'span' : 'spans'}`),
    h('span', { class: 'trace-error' }, errors > 0 ? h('span', { class: 'error-mark', title: `${errors} of its spans failed` }, 'error') : ''),
    h('span', { class: 'trace-duration' }, duration(length)),
    h('span', { class: 'trace-split' }, bar)));
}

function dot(name) {
  const key = h('span', { class: 'service-key', role: 'img', title: name, 'aria-label': name });
  key.style.background = serviceColor(name);
  return key;
}
