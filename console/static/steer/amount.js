import { h } from '../dom.js';
import { group, outcome } from './change.js';

const STEPS = 1000; // of the slider

/**
 * A number with a logarithmic slider. What the reader has begun to change stays until it is applied, whatever
 * the generator says meanwhile.
 * @param {{id: string, label: string, unit: string, low: number, high: number, whole: boolean,
 *   apply: (value: number) => Promise<any>, words: (value: number) => string}} what low and high bound the slider alone
 */
export function amount(what) {
  const number = h('input', { type: 'number', id: `steer-${what.id}`, step: 'any', inputmode: 'decimal', 'aria-label': `${what.label}, ${what.unit}` });
  const slider = h('input', { type: 'range', min: 0, max: STEPS, step: 1, 'aria-label': `${what.label}, logarithmic` });
  const button = h('button', { type: 'submit' }, 'Apply');
  const told = outcome();
  let touched = false;
  const ratio = what.high / what.low;
  const toSlider = (v) => Math.round(STEPS * Math.log(Math.min(what.high, Math.max(what.low, v)) / what.low) / Math.log(ratio));
  const fromSlider = () => neat(what.low * ratio ** (slider.value / STEPS), what.whole);
  const describe = () => slider.setAttribute('aria-valuetext', `${number.value} ${what.unit}`);
  const touch = () => { touched = true; button.classList.add('primary'); };
  const rest = () => { touched = false; button.classList.remove('primary'); };
  const apply = async () => {
    const value = number.value === '' ? NaN : Number(number.value);
    if (what.whole ? !Number.isInteger(value) : Number.isNaN(value)) {
      told.say('refused', `${what.label.toLowerCase()}: not a ${what.whole ? 'whole ' : ''}number`);
      return;
    }
    if (await told.send(() => what.apply(value), what.words(value)) && Number(number.value) === value) rest();
  };
  number.addEventListener('input', () => { touch(); slider.value = toSlider(Number(number.value)); describe(); });
  slider.addEventListener('input', () => { touch(); number.value = fromSlider(); describe(); });
  slider.addEventListener('change', apply);
  const form = h('form', { class: 'amount', onsubmit: (event) => { event.preventDefault(); apply(); } },
    number, h('span', { class: 'muted' }, what.unit), button, slider);
  const fields = group(what.label, what.id, form, told.element);
  return {
    element: fields.element,
    enable: fields.enable,
    /** Shows the generator's value unless the reader is about to change it. */
    show(value) {
      if (touched || !Number.isFinite(value)) return;
      const text = String(value);
      if (number.value === text) return;
      number.value = text;
      slider.value = toSlider(value);
      describe();
      told.forget();
    },
  };
}

/** Rounds to two digits, so that a slider gives round numbers. */
function neat(value, whole) {
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  const rounded = value >= 10 ? Math.round(value / digits) * digits : Math.round(value * 10) / 10;
  return whole ? Math.max(1, Math.round(rounded)) : rounded;
}
