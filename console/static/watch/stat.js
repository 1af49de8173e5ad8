import { h, svg } from '../dom.js';
import { called, color, field, text } from './fields.js';
import { reduce } from './reduce.js';

const WIDE = 100; // of the sparkline's own coordinates; it is stretched
const HIGH = 30;

/** Shows each series as one large number, or as its name, with its course behind it if the panel asks for it. */
export function stat(body, panel) {
  const list = h('div', { class: 'stats' });
  body.append(list);
  const update = ({ frames }) => list.replaceChildren(...frames.map((f) => one(f, panel, frames.length > 1)));
  return { update };
}

function one(frame, panel, many) {
  const { reduceOptions, graphMode, textMode, colorMode } = panel.options ?? {};
  const how = field(panel, frame.name);
  const value = reduce(frame.values, reduceOptions?.calcs?.[0] ?? 'lastNotNull');
  const name = called(frame.name, how);
  const words = textMode === 'name';
  const tone = colorMode === 'none' ? 'var(--text)' : color(value, how);
  const number = h('p', { class: words ? 'stat-value stat-words' : 'stat-value' }, words ? name : text(value, how));
  const course = graphMode === 'area' && sparkline(frame.values);
  const element = h('div', { class: course ? 'stat with-course' : 'stat' }, many && !words && h('p', { class: 'stat-name' }, name), number, course);
  element.style.setProperty('--tone', tone);
  element.style.setProperty('--length', String(number.textContent.length));
  return element;
}

function sparkline(values) {
  const there = values.filter((v) => v !== null && Number.isFinite(v));
  if (there.length < 2) return null;
  const low = Math.min(...there);
  const high = Math.max(...there);
  const y = (v) => (high > low ? HIGH - 1 - ((HIGH - 3) * (v - low)) / (high - low) : HIGH - 3);
  const place = (v, i) => [(WIDE * i) / (values.length - 1), y(v)].map((n) => n.toFixed(2));
  const parts = stretches(values).map((part) => part.map((i) => place(values[i], i)));
  const lines = parts.map((part) => `M${part.join('L')}`).join('');
  const areas = parts.map((part) => `M${part[0][0]},${HIGH}L${part.join('L')}L${part.at(-1)[0]},${HIGH}Z`).join('');
  return svg('svg', { class: 'stat-course', viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('path', { class: 'area', d: areas }), svg('path', { class: 'line', d: lines }));
}

/** The indexes of values, put together where none is missing between them. */
function stretches(values) {
  const found = [];
  values.forEach((v, i) => {
    if (!Number.isFinite(v)) return;
    if (found.at(-1)?.at(-1) === i - 1) found.at(-1).push(i);
    else found.push([i]);
  });
  return found;
}
