import { h } from '../dom.js';
import { called, color, field, text } from './fields.js';
import { reduce } from './reduce.js';

/** Shows each series as a bar from the panel's least to its greatest value, in the order of the query's result. */
export function bargauge(body, panel) {
  const list = h('div', { class: 'bars', tabindex: 0, role: 'region', 'aria-label': panel.title, 'data-scrolls': '' });
  const bars = new Map();
  body.append(list);
  const update = ({ frames }) => {
    const shown = frames.map((f) => measured(f, panel));
    const [low, high] = bounds(shown);
    for (const one of shown) {
      if (!bars.has(one.name)) bars.set(one.name, bar(one.name));
      bars.get(one.name).update(one, low, high);
    }
    const wanted = shown.map((one) => bars.get(one.name).element);
    if (wanted.length !== list.children.length || wanted.some((e, i) => list.children[i] !== e)) list.replaceChildren(...wanted);
  };
  return { update };
}

function measured(frame, panel) {
  const one = field(panel, frame.name);
  const value = reduce(frame.values, panel.options?.reduceOptions?.calcs?.[0] ?? 'lastNotNull');
  return { name: called(frame.name, one), value, field: one, color: color(value, one), text: text(value, one) };
}

function bounds(shown) {
  const values = shown.map((s) => s.value ?? 0);
  const [{ field: one } = { field: {} }] = shown;
  return [one.min ?? Math.min(0, ...values), one.max ?? (Math.max(...values) || 1)];
}

function bar(name) {
  const filled = h('div', { class: 'bar-filled' });
  const value = h('span', { class: 'bar-value' });
  const meter = h('div', { class: 'bar-track', role: 'meter', 'aria-label': name }, filled);
  const element = h('div', { class: 'bar' }, h('span', { class: 'bar-name' }, name), meter, value);
  const update = (one, low, high) => {
    const share = Math.max(0, Math.min(1, ((one.value ?? low) - low) / (high - low)));
    filled.style.width = `${100 * share}%`;
    filled.style.background = one.color;
    value.textContent = one.text;
    for (const [key, v] of [['valuemin', low], ['valuemax', high], ['valuenow', one.value ?? low], ['valuetext', one.text]]) {
      meter.setAttribute(`aria-${key}`, v);
    }
  };
  return { element, update };
}
