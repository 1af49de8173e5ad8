import { labelValues } from '../api.js';
import { h } from '../dom.js';
import { ALL } from './expansion.js';

/**
 * The variables of a dashboard and what they are chosen from.
 * @param {Variable[]} all
 * @param {URLSearchParams} query with `var-NAME` for each value that is chosen
 * @param {() => void} onChange after the reader has chosen
 * @returns {{element: HTMLElement, refresh: (queries: () => Promise<Queries>, span: {start: number, end: number}, signal: AbortSignal) => Promise<boolean>,
 *   complete: () => boolean, list: Variable[], values: Record<string, string[]>, options: Record<string, string[]>,
 *   parameters: () => [string, string][]}} refresh takes the dashboard's queries for the values of the moment, and says
 *   whether a value has changed that the reader has not; complete says whether every variable has something to choose from
 */
export function variables(all, query, onChange) {
  const list = all.filter((variable) => variable.type !== 'datasource'); // the console has one source
  const values = /** @type {Record<string, string[]>} */ ({});
  const options = /** @type {Record<string, string[]>} */ ({});
  for (const variable of list) {
    const asked = query.getAll(`var-${variable.name}`);
    values[variable.name] = asked.length > 0 ? asked : [variable.current.value].flat();
    options[variable.name] = [];
  }
  const choose = (name, chosen) => {
    values[name] = chosen;
    onChange();
  };
  const fields = list.map((variable) => ({ variable, control: (variable.multi ? many : single)(variable, values, options, choose) }));
  const refresh = async (queries, span, signal) => {
    const before = JSON.stringify(values);
    for (const { variable, control } of fields) {
      options[variable.name] = await ask((await queries()).variables[variable.name], span, signal);
      settle(variable, values, options[variable.name]);
      control.update();
    }
    return JSON.stringify(values) !== before;
  };
  const complete = () => list.every(({ name }) => options[name].length > 0);
  const parameters = () => list.flatMap(({ name }) => values[name].map((v) => /** @type {[string, string]} */ ([`var-${name}`, v])));
  return { element: h('div', { class: 'variables' }, fields.map(({ control }) => control.element)), refresh, complete, list, values, options, parameters };
}

async function ask({ label, selector, error }, span, signal) {
  if (error) throw new Error(error);
  const found = await labelValues(label, selector, span, signal);
  return [...found].sort((a, b) => a.localeCompare(b));
}

/**
 * Keeps what is chosen while the list has it, or has nothing yet.
 * @param {Variable} variable
 */
function settle({ name, includeAll, multi }, values, options) {
  if (options.length === 0) return;
  const kept = values[name].filter((v) => v === ALL || options.includes(v));
  if (kept.length > 0) values[name] = kept;
  else values[name] = includeAll && multi ? [ALL] : [options[0]];
}

function single(variable, values, options, choose) {
  const select = h('select', { onchange: () => choose(variable.name, [select.value]) });
  const element = h('label', { class: 'variable', title: variable.description }, h('span', null, variable.label ?? variable.name), select);
  let shown = '';
  const update = () => {
    const all = [...new Set([...(variable.includeAll ? [ALL] : []), ...options[variable.name], ...values[variable.name]])];
    if (all.join('\n') !== shown) select.replaceChildren(...all.map((v) => h('option', { value: v }, named(v))));
    shown = all.join('\n');
    [select.value] = values[variable.name];
  };
  update();
  return { element, update };
}

/** Several values: a list of boxes behind a button. All takes every value, those to come too. */
function many(variable, values, options, choose) {
  const summary = h('summary');
  const list = h('fieldset', null, h('legend', { class: 'hidden-text' }, variable.label ?? variable.name));
  const details = h('details', {
    class: 'many', title: variable.description,
    onkeydown: (event) => {
      if (event.key !== 'Escape') return;
      details.open = false;
      summary.focus();
    },
    onfocusout: (event) => { if (!details.contains(event.relatedTarget) && !details.matches(':hover')) details.open = false; },
  }, summary, list);
  const picked = (value, checked) => {
    const others = values[variable.name].filter((v) => v !== value && v !== ALL);
    const next = value === ALL || (others.length === 0 && !checked) ? [ALL] : [...others, ...(checked ? [value] : [])];
    choose(variable.name, next);
    update();
  };
  const boxes = new Map();
  const update = () => {
    const all = [ALL, ...new Set([...options[variable.name], ...values[variable.name].filter((v) => v !== ALL)])];
    if ([...boxes.keys()].join('\n') !== all.join('\n')) fill(list, boxes, all, picked);
    for (const [value, box] of boxes) box.checked = values[variable.name].includes(value);
    summary.textContent = `${variable.label ?? variable.name}: ${values[variable.name].map(named).join(', ')}`;
  };
  update();
  return { element: details, update };
}

function fill(list, boxes, all, picked) {
  boxes.clear();
  for (const value of all) boxes.set(value, h('input', { type: 'checkbox', onchange: (event) => picked(value, event.target.checked) }));
  list.replaceChildren(list.firstChild, ...[...boxes].map(([value, box]) => h('label', null, box, named(value))));
}

function named(value) {
  return value === ALL ? 'All' : value;
}
