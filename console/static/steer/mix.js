import * as api from '../api.js';
import { h } from '../dom.js';
import { group, outcome } from './change.js';

/** The weights of the targets: how many of the requests go to each, in proportion. */
export function mix() {
  const rows = h('div', { class: 'mix-rows' });
  const told = outcome();
  const reset = h('button', { type: 'button', onclick: () => restore() }, 'As it is');
  const button = h('button', { type: 'submit' }, 'Apply');
  const form = h('form', { class: 'mix', onsubmit: (event) => { event.preventDefault(); apply(); } }, rows, h('div', { class: 'buttons' }, button, reset));
  const fields = group('Mix of targets', 'mix', form, told.element);
  let now = {};
  let inputs = new Map();

  const changed = () => Object.fromEntries([...inputs].filter(([name, input]) => input.value !== String(now[name]))
    .map(([name, input]) => [name, input.value === '' ? NaN : Number(input.value)]));
  const shares = () => {
    const total = [...inputs.values()].reduce((sum, input) => sum + (Number(input.value) || 0), 0);
    for (const input of inputs.values()) {
      input.share.textContent = total > 0 ? `${Math.round(100 * (Number(input.value) || 0) / total)} %` : '–';
    }
    const dirty = Object.keys(changed()).length > 0;
    button.classList.toggle('primary', dirty);
    reset.disabled = !dirty;
  };
  const restore = () => {
    for (const [name, input] of inputs) input.value = String(now[name]);
    told.say('', '');
    shares();
  };
  const apply = async () => {
    const wanted = changed();
    if (Object.keys(wanted).length === 0) return;
    const broken = Object.keys(wanted).filter((name) => !Number.isInteger(wanted[name]));
    if (broken.length > 0) {
      told.say('refused', `mix: the weight of ${broken.join(', ')} is not a whole number`);
      return;
    }
    const words = Object.entries(wanted).map(([name, weight]) => `${name} × ${weight}`).join(', ');
    const state = await told.send(() => api.patchGenerator({ mix: wanted }), `mix: ${words}`);
    if (state?.mix) { now = state.mix; shares(); }
  };
  const build = (weights) => {
    inputs = new Map();
    rows.replaceChildren(...Object.keys(weights).sort().map((name) => {
      const input = h('input', { type: 'number', step: 1, value: String(weights[name]), 'aria-label': `weight of ${name}`, oninput: shares });
      input.share = h('span', { class: 'muted share' });
      inputs.set(name, input);
      return h('label', { class: 'mix-row' }, h('span', { class: 'mix-name' }, name), input, input.share);
    }));
  };
  return {
    element: fields.element,
    enable: fields.enable,
    show(weights) {
      const same = Object.keys(weights).length === inputs.size && Object.keys(weights).every((name) => inputs.has(name));
      const before = now;
      now = weights;
      if (!same) build(weights);
      else for (const [name, input] of inputs) if (input.value === String(before[name])) input.value = String(weights[name]);
      shares();
    },
  };
}
