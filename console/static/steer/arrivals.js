import * as api from '../api.js';
import { h } from '../dom.js';
import { group, outcome } from './change.js';

const PROCESSES = { constant: 'evenly spaced', poisson: 'at random (Poisson)' };

/** How the arrivals of an open loop are spread. */
export function arrivals() {
  const told = outcome();
  let now = '';
  const choices = Object.entries(PROCESSES).map(([value, label]) => {
    const input = h('input', { type: 'radio', name: 'arrivals', value, onchange: () => choose(value) });
    return { input, element: h('label', { class: 'choice' }, input, label) };
  });
  const show = (value) => {
    now = value;
    for (const { input } of choices) input.checked = input.value === value;
  };
  const choose = async (value) => {
    const before = now;
    now = value;
    if (!await told.send(() => api.patchGenerator({ arrivals: value }), `arrivals ${value}`)) show(before);
  };
  const fields = group('Arrivals', 'arrivals', h('div', { class: 'choices' }, choices.map((c) => c.element)), told.element);
  return { element: fields.element, enable: fields.enable, show: (value) => { if (value && value !== now) show(value); } };
}
