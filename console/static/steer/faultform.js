import { h } from '../dom.js';

/** The kinds with the field that each needs; `share` turns what is written into what is sent. */
const KINDS = {
  latency: { label: 'Latency', unit: 'ms added', initial: '200', share: 1 },
  errors: { label: 'Errors', unit: '% answered 500', initial: '20', share: 0.01 },
  stall: { label: 'Stall', unit: 'serves nothing' },
  not_ready: { label: 'Not ready', unit: 'fails its readiness check' },
};

/**
 * The form of a new fault.
 * @param {(fault: {kind: string, value?: number, duration: string}) => void} onSet
 */
export function faultForm(service, onSet) {
  const kind = h('select', { 'aria-label': `kind of fault of ${service}` },
    Object.entries(KINDS).map(([name, k]) => h('option', { value: name }, k.label)));
  const value = h('input', { type: 'number', step: 'any', 'aria-label': `value of the fault of ${service}` });
  const unit = h('span', { class: 'muted' });
  const length = h('input', { type: 'text', value: '30s', size: 5, 'aria-label': `duration of the fault of ${service}`, autocomplete: 'off' });
  const written = {};
  const turn = () => {
    const chosen = KINDS[kind.value];
    value.hidden = chosen.share === undefined;
    value.value = written[kind.value] ?? chosen.initial ?? '';
    unit.textContent = chosen.unit;
  };
  kind.addEventListener('change', turn);
  value.addEventListener('input', () => { written[kind.value] = value.value; });
  turn();
  const submit = (event) => {
    event.preventDefault();
    const { share } = KINDS[kind.value];
    const fault = { kind: kind.value, duration: length.value.trim() };
    if (share !== undefined) fault.value = value.value === '' ? undefined : +(Number(value.value) * share).toPrecision(12);
    onSet(fault);
  };
  const fields = h('fieldset', { class: 'bare' }, h('div', { class: 'fault-fields' }, kind, value, unit),
    h('div', { class: 'fault-fields' }, h('label', {}, 'for ', length), h('button', { type: 'submit' }, 'Switch on')));
  return { element: h('form', { class: 'fault-form', onsubmit: submit }, fields), enable: (on) => { fields.disabled = !on; } };
}
