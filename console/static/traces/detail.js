import { h } from '../dom.js';
import { duration } from '../format.js';
import { legend, totalBar } from './bar.js';
import { extent, failed, OWN_PARTS, split } from './model.js';

/** Everything that is known of a span. */
export function detail(span, trace) {
  const own = split(span);
  const offset = span.start - extent(trace).start;
  return h('div', { class: 'span-facts' },
    h('h3', {}, `${span.service}: ${span.name}`, failed(span) ? h('span', { class: 'error-mark' }, 'error') : ''),
    h('p', { class: 'muted' }, `${span.kind ? `${span.kind} · ` : ''}starts after ${duration(offset)} · takes ${duration(span.duration)}`),
    own ? h('div', {}, totalBar(own), legend(OWN_PARTS), splitTable(own)) : '',
    h('h4', {}, 'Attributes'), facts({ ...span.attributes, 'span id': span.id, 'parent id': span.parent || 'none' }),
    h('h4', {}, span.events.length === 0 ? 'No events' : 'Events'), events(span));
}

function splitTable(own) {
  const total = OWN_PARTS.reduce((sum, part) => sum + own[part], 0);
  return h('table', { class: 'facts' }, h('tbody', {}, OWN_PARTS.map((part) => h('tr', {},
    h('th', { scope: 'row' }, part), h('td', {}, duration(own[part])),
    h('td', {}, total > 0 ? `${(100 * own[part] / total).toFixed(1)} %` : '')))));
}

function facts(values) {
  const names = Object.keys(values).sort();
  return h('table', { class: 'facts' }, h('tbody', {}, names.map((name) => h('tr', {},
    h('th', { scope: 'row' }, name), h('td', {}, text(values[name]))))));
}

function text(value) {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function events(span) {
  return h('ol', { class: 'span-events' }, span.events.map((event) => h('li', {},
    h('b', {}, event.name), h('span', { class: 'muted' }, ` after ${duration(event.time - span.start)}`), facts(event.attributes))));
}
