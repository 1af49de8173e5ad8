import * as api from '../api.js';
import { h } from '../dom.js';
import { group, outcome } from './change.js';

/** The weights of the targets: how many of the requests go to each, in proportion. */
export function mix() {
  const view = {
    now: {}, // weights that the generator has
    rows: new Map(), // {input, share} by target
    told: outcome(),
    list: h('div', { class: 'mix-rows' }),
    button: h('button', { type: 'submit' }, 'Apply'),
    reset: h('button', { type: 'button', onclick: () => restore(view) }, 'Reset'),
  };
  const form = h('form', { class: 'mix', onsubmit: (event) => { event.preventDefault(); apply(view); } },
    view.list, h('div', { class: 'buttons' }, view.button, view.reset));
  const fields = group('Mix of targets', 'mix', form, view.told.element);
  return { element: fields.element, enable: fields.enable, show: (weights) => show(view, weights) };
}

/** Shows the generator's weights; those that the reader has begun to change stay as they are. */
function show(view, weights) {
  const names = Object.keys(weights);
  const before = view.now;
  view.now = weights;
  if (names.length !== view.rows.size || !names.every((name) => view.rows.has(name))) {
    build(view);
  } else {
    for (const [name, { input }] of view.rows) if (input.value === String(before[name])) input.value = String(weights[name]);
  }
  update(view);
}

function build(view) {
  view.rows = new Map(Object.keys(view.now).sort().map((name) => [name, {
    input: h('input', { type: 'number', step: 1, value: String(view.now[name]), 'aria-label': `weight of ${name}`, oninput: () => update(view) }),
    share: h('span', { class: 'muted share' }),
  }]));
  view.list.replaceChildren(...[...view.rows].map(([name, { input, share }]) =>
    h('label', { class: 'mix-row' }, h('span', { class: 'mix-name' }, name), input, share)));
}

/** The weights that differ from the generator's; NaN for what is no number. */
function changed({ rows, now }) {
  const differ = [...rows].filter(([name, { input }]) => input.value !== String(now[name]));
  return Object.fromEntries(differ.map(([name, { input }]) => [name, input.value === '' ? NaN : Number(input.value)]));
}

/** Writes the shares, and whether there is something to apply. */
function update(view) {
  const weight = ({ input }) => Number(input.value) || 0;
  const rows = [...view.rows.values()];
  const total = rows.reduce((sum, row) => sum + weight(row), 0);
  for (const row of rows) row.share.textContent = total > 0 ? `${Math.round(100 * weight(row) / total)} %` : '–';
  const dirty = Object.keys(changed(view)).length > 0;
  view.button.classList.toggle('primary', dirty);
  view.reset.disabled = !dirty;
}

function restore(view) {
  for (const [name, { input }] of view.rows) input.value = String(view.now[name]);
  view.told.say('', '');
  update(view);
}

async function apply(view) {
  const wanted = changed(view);
  const names = Object.keys(wanted);
  const broken = names.filter((name) => !Number.isInteger(wanted[name]));
  if (broken.length > 0) view.told.say('refused', `mix: the weight of ${broken.join(', ')} is not a whole number`);
  if (names.length === 0 || broken.length > 0) return;
  const words = names.map((name) => `${name} × ${wanted[name]}`).join(', ');
  const state = await view.told.send(() => api.patchGenerator({ mix: wanted }), `mix: ${words}`);
  if (!state?.mix) return;
  view.now = state.mix;
  update(view);
}
