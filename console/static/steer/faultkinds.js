/** The kinds of faults: their fields in the form, what is sent, and their words. Touches no element. */

/**
 * A field of the form; `scale` turns what is written into what is sent, `text` is sent as it is.
 * @typedef {{name: string, label: string, unit: string, initial: string, scale?: number, text?: boolean}} Field
 */

const milliseconds = (name, label, initial) => ({ name, label, unit: 'ms', initial });
const percent = (name, initial, unit = '% of requests') => ({ name, label: '', unit, initial, scale: 0.01 });

const SHARE = percent('share', '100');
const STATUSES = { name: 'statuses', label: 'answered', unit: '', initial: '500', text: true };
const BOUNDS = [milliseconds('min', 'from', '0'), milliseconds('max', 'to', '1000')];

/** @type {Record<string, {label: string, fields: Field[]}>} */
export const DISTRIBUTIONS = {
  fixed: { label: 'fixed', fields: [milliseconds('value', 'adds', '200')] },
  uniform: { label: 'uniform', fields: [milliseconds('min', 'from', '50'), milliseconds('max', 'to', '150')] },
  normal: { label: 'normal', fields: [milliseconds('value', 'mean', '100'), milliseconds('deviation', 'deviation', '20'), ...BOUNDS] },
  lognormal: { label: 'log-normal', fields: [milliseconds('value', 'mean', '100'), milliseconds('deviation', 'deviation', '80'), ...BOUNDS] },
  exponential: { label: 'exponential', fields: [milliseconds('value', 'mean', '100'), ...BOUNDS] },
  pareto: {
    label: 'Pareto',
    fields: [milliseconds('value', 'least', '10'), { name: 'shape', label: 'shape', unit: '', initial: '1.2' }, BOUNDS[1]],
  },
};

/** `chance` has a seed, `routes` can be limited to a route, `bursts` can act in bursts. */
export const KINDS = {
  latency: { label: 'Latency', note: '', fields: [SHARE], chance: true, routes: true, bursts: true },
  errors: { label: 'Errors', note: '', fields: [percent('value', '20'), STATUSES], chance: true, routes: true, bursts: true },
  drop: { label: 'Dropped connections', note: 'closed without a reply', fields: [percent('value', '10')], chance: true, routes: true, bursts: true },
  reset: { label: 'Reset connections', note: 'RST instead of a reply', fields: [percent('value', '10')], chance: true, routes: true, bursts: true },
  slow_body: { label: 'Slow bodies', note: '', fields: [{ name: 'value', label: 'at', unit: 'bytes/s', initial: '500' }, SHARE], chance: true, routes: true, bursts: true },
  truncate: { label: 'Truncated bodies', note: '', fields: [{ name: 'value', label: 'after', unit: 'bytes', initial: '100' }, SHARE], chance: true, routes: true, bursts: true },
  cpu: { label: 'CPU theft', note: 'by busy threads', fields: [percent('value', '50', '% of each core')], chance: false, routes: false, bursts: true },
  stall: { label: 'Stall', note: 'serves nothing', fields: [], chance: false, routes: true, bursts: false },
  not_ready: { label: 'Not ready', note: 'fails its readiness check', fields: [], chance: false, routes: false, bursts: false },
};

/** The fields of a kind. @returns {Field[]} */
export function fieldsOf(kind, distribution) {
  return kind === 'latency' ? [...DISTRIBUTIONS[distribution].fields, ...KINDS.latency.fields] : KINDS[kind].fields;
}

/**
 * What is sent for a fault. A field that is empty is left out, so that the service names it.
 * @param {string} kind
 * @param {string} distribution of a latency
 * @param {Record<string, string>} texts what is written, by name
 * @returns {Record<string, any>}
 */
export function wanted(kind, distribution, texts) {
  const { chance, routes, bursts } = KINDS[kind];
  const text = (name) => (texts[name] ?? '').trim();
  const sent = { kind, duration: text('duration') };
  if (kind === 'latency') sent.distribution = distribution;
  for (const { name, scale = 1, text: verbatim } of fieldsOf(kind, distribution)) {
    if (text(name) !== '') sent[name] = verbatim ? text(name).replaceAll(' ', '') : +(Number(text(name)) * scale).toPrecision(12);
  }
  for (const [name, has] of [['route', routes], ['on', bursts], ['off', bursts]]) if (has && text(name) !== '') sent[name] = text(name);
  if (chance && text('seed') !== '') sent.seed = Number(text('seed'));
  return sent;
}

/** What a fault does, in words: of one that is sent, or of one that is on. */
export function words(fault) {
  const { kind, value, statuses, route } = fault;
  const share = fault.share === undefined || fault.share === 1 ? '' : `, ${shareOf(fault.share)}`;
  const codes = [statuses ?? 500].flat().join(', ');
  const what = {
    latency: () => `latency ${latency(fault)}${share}`,
    errors: () => `errors ${shareOf(value)}${codes === '500' ? '' : ` (${codes})`}`,
    drop: () => `dropped connections ${shareOf(value)}`,
    reset: () => `reset connections ${shareOf(value)}`,
    slow_body: () => `bodies at ${value} bytes/s${share}`,
    truncate: () => `bodies end after ${value} bytes${share}`,
    cpu: () => `CPU theft ${shareOf(value)}`,
    stall: () => 'stall',
    not_ready: () => 'not ready',
  }[kind]?.() ?? kind;
  const { on, off } = fault.bursts ?? fault;
  return [what, route && `at ${route}`, on && `${on} on, ${off} off`].filter(Boolean).join(', ');
}

function shareOf(share) {
  return `${+(100 * share).toFixed(2)} %`;
}

function latency({ distribution, value, deviation, shape, min = 0, max }) {
  return {
    uniform: `${min} to ${max} ms`,
    normal: `${value} ± ${deviation} ms (normal)`,
    lognormal: `${value} ± ${deviation} ms (log-normal)`,
    exponential: `${value} ms (exponential)`,
    pareto: `from ${value} ms (Pareto, shape ${shape})`,
  }[distribution] ?? `${value} ms`;
}
