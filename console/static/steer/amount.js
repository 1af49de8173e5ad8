import { h } from '../dom.js';
import { group, outcome } from './change.js';
import { logarithmic } from './scale.js';

const STEPS = 1000; // of the slider

/**
 * A number with a logarithmic slider. What the reader has begun to change stays until it is applied, whatever
 * the generator says meanwhile.
 * @param {{id: string, label: string, unit: string, low: number, high: number, whole: boolean,
 *   apply: (value: number) => Promise<any>, words: (value: number) => string}} what low and high bound the slider alone
 */
export function amount(what) {
  const view = {
    what, scale: logarithmic({ ...what, steps: STEPS }), told: outcome(), touched: false,
    number: h('input', { type: 'number', id: `steer-${what.id}`, step: 'any', inputmode: 'decimal', 'aria-label': `${what.label}, ${what.unit}` }),
    slider: h('input', { type: 'range', min: 0, max: STEPS, step: 1, 'aria-label': `${what.label}, logarithmic` }),
    button: h('button', { type: 'submit' }, 'Apply'),
  };
  view.number.addEventListener('input', () => { touch(view, true); follow(view, Number(view.number.value)); });
  view.slider.addEventListener('input', () => { touch(view, true); view.number.value = String(view.scale.value(Number(view.slider.value))); describe(view); });
  view.slider.addEventListener('change', () => apply(view));
  const form = h('form', { class: 'amount', onsubmit: (event) => { event.preventDefault(); apply(view); } },
    view.number, h('span', { class: 'muted' }, what.unit), view.button, view.slider);
  const fields = group(what.label, what.id, form, view.told.element);
  return { element: fields.element, enable: fields.enable, show: (value) => show(view, value) };
}

/** Shows the generator's value unless the reader is about to change it. */
function show(view, value) {
  const text = String(value);
  if (view.touched || !Number.isFinite(value) || view.number.value === text) return;
  view.number.value = text;
  follow(view, value);
  view.told.forget();
}

async function apply(view) {
  const { what, number, told } = view;
  const value = number.value === '' ? NaN : Number(number.value);
  if (what.whole ? !Number.isInteger(value) : Number.isNaN(value)) {
    told.say('refused', `${what.label.toLowerCase()}: not a ${what.whole ? 'whole ' : ''}number`);
    return;
  }
  const accepted = await told.send(() => what.apply(value), what.words(value));
  if (accepted && Number(number.value) === value) touch(view, false);
}

function touch(view, touched) {
  view.touched = touched;
  view.button.classList.toggle('primary', touched);
}

/** Moves the slider to the number. */
function follow(view, value) {
  view.slider.value = String(view.scale.step(value));
  describe(view);
}

function describe({ slider, number, what }) {
  slider.setAttribute('aria-valuetext', `${number.value} ${what.unit}`);
}
