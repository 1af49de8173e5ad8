import { h } from '../dom.js';
import { transformation } from './columns.js';
import { called, color, field, text } from './fields.js';
import { legendOf } from './legend.js';

/**
 * Shows a bar for each row of a table, made of its columns one after the other. Rows and columns are the values of
 * the labels that the panel's `groupingToMatrix` names.
 * @param {HTMLElement} body of the panel
 * @param {Panel} panel
 */
export function barchart(body, panel) {
  const list = h('div', { class: 'bars', tabindex: 0, role: 'region', 'aria-label': panel.title, 'data-scrolls': '' });
  const hidden = new Set();
  const state = { frames: [] };
  const legend = legendOf(panel.options?.legend, (name) => {
    if (!hidden.delete(name)) hidden.add(name);
    draw();
  });
  const draw = () => {
    const bars = matrix(state.frames, panel);
    const parts = [...new Map(bars.flatMap((bar) => bar.parts).map((part) => [part.name, { ...part, values: [] }])).values()];
    legend.update(parts, hidden);
    const shown = bars.map((bar) => ({ ...bar, parts: bar.parts.filter((part) => !hidden.has(part.name)) }));
    const most = Math.max(panel.fieldConfig?.defaults?.custom?.axisSoftMax ?? 0, ...shown.map(total)) || 1;
    list.replaceChildren(...shown.map((bar) => stacked(bar, most)));
  };
  body.append(list, legend.element);
  return { update: ({ frames }) => { state.frames = frames; draw(); } };
}

/** @returns {{name: string, parts: {name: string, value: number, color: string, field: object}[]}[]} sorted by name */
function matrix(frames, panel) {
  const { rowField, columnField } = transformation(panel, 'groupingToMatrix');
  const bars = new Map();
  for (const { labels, values } of frames) {
    const name = labels[rowField] ?? '';
    const part = labels[columnField] ?? '';
    const one = field(panel, part);
    if (!bars.has(name)) bars.set(name, { name, parts: [] });
    bars.get(name).parts.push({ name: called(part, one), value: values.at(-1) ?? 0, color: color(null, one), field: one });
  }
  return [...bars.values()].sort((a, b) => a.name.localeCompare(b.name));
}

function total({ parts }) {
  return parts.reduce((sum, part) => sum + part.value, 0);
}

function stacked(bar, most) {
  const whole = total(bar);
  const one = bar.parts[0]?.field ?? {};
  const words = bar.parts.map((part) => `${part.name} ${text(part.value, part.field)}`).join(', ');
  const pieces = bar.parts.map((part) => {
    const piece = h('span', { class: 'bar-piece', title: `${part.name}: ${text(part.value, part.field)}` });
    piece.style.width = `${(100 * part.value) / most}%`;
    piece.style.background = part.color;
    return piece;
  });
  return h('div', { class: 'bar' }, h('span', { class: 'bar-name' }, bar.name),
    h('div', { class: 'bar-track bar-stack', role: 'img', 'aria-label': `${bar.name}: ${words}` }, pieces), h('span', { class: 'bar-value' }, text(whole, one)));
}
