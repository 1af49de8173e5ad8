import * as api from '../api.js';
import { h } from '../dom.js';
import { keepSearch } from './last.js';
import { results } from './results.js';
import { slowest } from './slowest.js';

const LOOKBACKS = { '5m': 5, '15m': 15, '1h': 60 }; // minutes
const LIMITS = ['20', '50', '100', '200'];
const DEFAULTS = { service: '', operation: '', min: '', max: '', lookback: '15m', limit: '20', sort: 'newest' };
const ENTRANCE = 'gateway'; // the service that every request passes
const RETRY = 4000; // ms until a search without an answer is made again
const DURATION = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/; // as Go writes them

/** The search form with its results. The form's values are the hash's query, so that a search can be passed on. */
export async function mountSearch(root, ctx) {
  const asked = fromQuery(ctx.route.query);
  const any = ctx.config.mode !== 'containers'; // Jaeger itself finds nothing without a service
  if (!any) asked.service ||= ENTRANCE;
  const page = {
    ctx, any, found: /** @type {Trace[]} */ ([]), whole: false, asking: new AbortController(), retry: 0, closed: false,
    form: searchForm(asked, () => search(page)),
    status: h('p', { class: 'traces-status', role: 'status' }), list: h('div', { class: 'trace-list' }),
  };
  root.append(h('section', { class: 'traces' }, page.form.element, page.status, page.list));
  fillLists(page, asked);
  search(page);
  return () => {
    page.closed = true;
    page.asking.abort();
    clearTimeout(page.retry);
  };
}

function fromQuery(query) {
  const value = (name) => query.get(name) ?? DEFAULTS[name];
  const asked = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, value(name)]));
  if (!LOOKBACKS[asked.lookback]) asked.lookback = DEFAULTS.lookback;
  if (!LIMITS.includes(asked.limit)) asked.limit = DEFAULTS.limit;
  if (asked.sort !== 'slowest') asked.sort = DEFAULTS.sort;
  return asked;
}

/** Builds the form; `onSearch` runs when it is sent, and when the order changes. */
function searchForm(asked, onSearch) {
  const select = (name, values, label = (v) => v) => h('select', { name, id: `traces-${name}` },
    values.map((v) => h('option', { value: v, selected: v === asked[name] }, label(v))));
  const bound = (name, hint) => h('input', {
    name, id: `traces-${name}`, type: 'text', value: asked[name], placeholder: hint, size: 7, autocomplete: 'off', spellcheck: 'false',
  });
  const field = (label, control) => h('label', { class: 'field' }, h('span', {}, label), control);
  const service = select('service', asked.service ? ['', asked.service] : [''], (v) => v || 'all');
  const operation = select('operation', asked.operation ? ['', asked.operation] : [''], (v) => v || 'all');
  const sort = select('sort', ['newest', 'slowest']);
  sort.addEventListener('change', onSearch);
  const element = h('form', {
    class: 'trace-form', role: 'search', 'aria-label': 'traces',
    onsubmit: (event) => { event.preventDefault(); onSearch(); },
  },
  field('Service', service), field('Route', operation),
  field('At least', bound('min', '20ms')), field('At most', bound('max', '1.5s')),
  field('Look back', select('lookback', Object.keys(LOOKBACKS))), field('Limit', select('limit', LIMITS)),
  field('Order', sort), h('button', { type: 'submit', class: 'primary' }, 'Search'));
  const values = () => Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, element.elements[name].value.trim()]));
  return { element, service, operation, values };
}

function options(select, values, chosen, all = true) {
  select.replaceChildren(all ? h('option', { value: '' }, 'all') : '',
    ...[...new Set(values)].filter(Boolean).sort().map((v) => h('option', { value: v, selected: v === chosen }, v)));
}

/** Fills the lists of services and routes; without an answer they keep what was asked for. */
async function fillLists(page, asked) {
  const { service, operation } = page.form;
  const names = await api.traceServices().catch(() => []); // the search itself says what is wrong
  if (page.closed) return;
  options(service, [...names, asked.service], asked.service, page.any);
  const fillOperations = async (chosen) => {
    const name = service.value;
    const found = await Promise.all((name ? [name] : names).map(api.traceOperations)).catch(() => []);
    if (!page.closed && service.value === name) options(operation, [...found.flat(), chosen], chosen);
  };
  service.addEventListener('change', () => fillOperations(''));
  await fillOperations(asked.operation);
}

/** Every reason why the form cannot be searched for. */
function problems(values) {
  return ['min', 'max'].filter((name) => values[name] && !DURATION.test(values[name]))
    .map((name) => `“${values[name]}” is not a duration; use a form such as 20ms or 1.5s`);
}

async function search(page) {
  const values = page.form.values();
  const wrong = problems(values);
  if (wrong.length > 0) {
    page.status.textContent = wrong.join('; ');
    return;
  }
  remember(page, values);
  page.asking.abort();
  clearTimeout(page.retry);
  const asking = new AbortController();
  page.asking = asking;
  page.list.setAttribute('aria-busy', 'true');
  if (page.found.length === 0) page.status.textContent = 'Searching …';
  const end = new Date();
  const start = new Date(end.getTime() - LOOKBACKS[values.lookback] * 60_000);
  try {
    const limit = Number(values.limit);
    const ask = (minDuration) => api.searchTraces({
      service: values.service, operation: values.operation, minDuration, maxDuration: values.max, start, end, limit,
    }, asking.signal);
    const found = values.sort === 'slowest' ? await slowest(ask, values.min, limit, matching(values)) : { traces: await ask(values.min), whole: false };
    page.found = found.traces;
    page.whole = found.whole;
    show(page);
  } catch (error) {
    if (asking.signal.aborted) return;
    page.found = [];
    show(page, error);
    if (error.status !== 400) page.retry = setTimeout(() => search(page), RETRY);
  } finally {
    if (page.asking === asking) page.list.removeAttribute('aria-busy');
  }
}

/** The spans that a search is for. */
function matching({ service, operation }) {
  return (span) => (!service || span.service === service) && (!operation || span.name === operation);
}

function remember(page, values) {
  const { sort, ...rest } = values;
  const changed = Object.entries({ ...rest, sort }).map(([name, v]) => [name, v === DEFAULTS[name] ? null : v]);
  page.ctx.setQuery(Object.fromEntries(changed));
  keepSearch(location.hash);
}

/** @param {Error} [error] instead of what was found */
function show(page, error) {
  const values = page.form.values();
  remember(page, values);
  page.list.replaceChildren();
  if (error) {
    page.status.textContent = `No answer: ${error.message}; trying again`;
    return;
  }
  if (page.found.length === 0) {
    page.status.textContent = `No matching traces in the last ${values.lookback}.`;
    return;
  }
  const full = page.found.length >= Number(values.limit);
  const of = page.whole ? ` of the last ${values.lookback}` : '';
  page.status.textContent = `${page.found.length} traces${full ? ' (the newest matches)' : of}, ${values.sort} first`;
  page.list.append(results(page.found, values.sort));
}
