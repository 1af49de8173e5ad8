import { h } from '../dom.js';
import { DISTRIBUTIONS, KINDS, fieldsOf, wanted } from './faultkinds.js';

/**
 * The form of a new fault. `routes` offers those of the service.
 * @param {(fault: Record<string, any>) => void} onSet
 */
export function faultForm(service, onSet) {
  const written = {}; // by kind, distribution and field
  const kind = select(`kind of fault of ${service}`, KINDS);
  const distribution = select(`distribution of the latency of ${service}`, DISTRIBUTIONS);
  const fields = h('div', { class: 'fault-fields' });
  const more = details(service);
  const length = input(service, 'duration', { value: '30s', size: 5 });
  let inputs = {};
  const turn = () => {
    const latency = kind.value === 'latency';
    const { note, chance, routes, bursts } = KINDS[kind.value];
    inputs = {};
    const labels = fieldsOf(kind.value, distribution.value).map((field) => {
      const key = `${kind.value} ${latency ? distribution.value : ''} ${field.name}`;
      const entry = input(service, field.name, {
        type: field.text ? 'text' : 'number', step: 'any', value: written[key] ?? field.initial, oninput: () => { written[key] = entry.value; },
      });
      inputs[field.name] = entry;
      return h('label', {}, `${field.label} `, entry, ` ${field.unit}`);
    });
    distribution.hidden = !latency;
    fields.replaceChildren(...labels, ...(note ? [h('span', { class: 'muted' }, note)] : []));
    more.turn(chance, routes, bursts);
  };
  kind.addEventListener('change', turn);
  distribution.addEventListener('change', turn);
  turn();
  const submit = (event) => {
    event.preventDefault();
    const texts = Object.fromEntries(Object.entries({ ...inputs, ...more.inputs, duration: length }).map(([name, { value }]) => [name, value]));
    onSet(wanted(kind.value, distribution.value, texts));
  };
  const all = h('fieldset', { class: 'bare' }, h('div', { class: 'fault-fields' }, kind, distribution), fields, more.element,
    h('div', { class: 'fault-fields' }, h('label', {}, 'for ', length), h('button', { type: 'submit' }, 'Switch on')));
  return {
    element: h('form', { class: 'fault-form', onsubmit: submit }, all),
    enable: (on) => { all.disabled = !on; },
    routes: more.routes,
  };
}

/** What few faults need: a route, bursts and a seed. */
function details(service) {
  const route = h('select', { 'aria-label': `route of the fault of ${service}` }, h('option', { value: '' }, 'all routes'));
  const on = input(service, 'on', { placeholder: '2s', size: 5 });
  const off = input(service, 'off', { placeholder: '8s', size: 5 });
  const seed = input(service, 'seed', { type: 'number', step: 1, placeholder: 'any' });
  const rows = {
    route: h('label', {}, 'route ', route), bursts: h('span', {}, h('label', {}, 'bursts: on ', on), h('label', {}, ' off ', off)), seed: h('label', {}, 'seed ', seed),
  };
  const element = h('details', { class: 'fault-more' }, h('summary', {}, 'Route, bursts, seed'), h('div', { class: 'fault-fields' }, Object.values(rows)));
  let offered = '';
  return {
    element,
    inputs: { route, on, off, seed },
    turn(chance, routes, bursts) {
      rows.seed.hidden = !chance;
      rows.route.hidden = !routes;
      rows.bursts.hidden = !bursts;
      element.hidden = !(chance || routes || bursts);
    },
    /** @param {string[]} paths */
    routes(paths) {
      if (offered === paths.join('\n')) return;
      offered = paths.join('\n');
      const chosen = route.value;
      route.replaceChildren(h('option', { value: '' }, 'all routes'), ...paths.map((path) => h('option', { value: path }, path)));
      if (paths.includes(chosen)) route.value = chosen;
    },
  };
}

function select(label, options) {
  return h('select', { 'aria-label': label }, Object.entries(options).map(([value, option]) => h('option', { value }, option.label)));
}

function input(service, name, props) {
  return h('input', { type: 'text', name, 'aria-label': `${name} of the fault of ${service}`, autocomplete: 'off', ...props });
}
