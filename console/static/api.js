/** Everything that the page asks of its server. All of it throws `ApiError`, or `AbortError` when it was aborted. */
import { normalise } from './otlp.js';
import { slots } from './slots.js';

/** An answer that is no success. `status` is that of HTTP, 0 without an answer; `message` says what is wrong. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** A browser keeps six connections to one server: four for queries leave room for the stream and for a change. */
const queries = slots(4);
const RECONNECT = 2000; // ms

/** @type {Promise<Config>|null} */
let known = null;

/** The server's configuration; asked for once. @returns {Promise<Config>} */
export function config() {
  known ??= request('/config.json').catch((error) => {
    known = null;
    throw error;
  });
  return known;
}

/** A dashboard of the repository as its JSON. @returns {Promise<Dashboard>} */
export function dashboard(uid) {
  return request(`/dashboards/${encodeURIComponent(uid)}.json`);
}

/** A dashboard's queries, without variables. @param {string} wanted parameters: range, interval, and var-NAME for each value @returns {Promise<Queries>} */
export function dashboardQueries(uid, wanted) {
  return request(`/dashboards/${encodeURIComponent(uid)}/queries?${wanted}`);
}

/**
 * A PromQL expression over a range. Times and the step are in seconds.
 * @param {string} expr
 * @param {Times} times
 * @param {AbortSignal} [signal]
 * @returns {Promise<RangeSeries[]>}
 */
export async function queryRange(expr, { start, end, step }, signal) {
  const found = await prometheus('query_range', { query: expr, start, end, step }, signal);
  return found.result.map((series) => ({ ...series, values: (series.values ?? []).map(sample) }));
}

/**
 * A PromQL expression at one time, in seconds since the epoch; now without it.
 * @param {string} expr
 * @param {number} [time]
 * @param {AbortSignal} [signal]
 * @returns {Promise<InstantSeries[]>}
 */
export async function query(expr, time, signal) {
  const found = await prometheus('query', { query: expr, time }, signal);
  if (found.resultType === 'scalar') return [{ metric: {}, value: sample(found.result) }];
  return found.result.map((series) => (series.value ? { ...series, value: sample(series.value) } : series));
}

/** Exemplars of the series in an expression; timestamps in seconds. */
export async function exemplars(expr, { start, end }, signal) {
  const found = await prometheus('query_exemplars', { query: expr, start, end }, signal);
  return found.map((series) => ({
    ...series, exemplars: series.exemplars.map((e) => ({ ...e, value: Number(e.value), timestamp: Number(e.timestamp) })),
  }));
}

/**
 * The values of a label, of the series that fit a selector if there is one.
 * @param {string} label
 * @param {string} match
 * @param {{start: number, end: number}} span seconds since the epoch
 * @param {AbortSignal} [signal]
 * @returns {Promise<string[]>}
 */
export function labelValues(label, match, { start, end }, signal) {
  return prometheus(`label/${encodeURIComponent(label)}/values`, { 'match[]': match, start, end }, signal);
}

/** The alerts that are pending or firing. */
export async function alerts(signal) {
  return (await prometheus('alerts', {}, signal)).alerts;
}

/** The names of the services that have traces. @returns {Promise<string[]>} */
export async function traceServices() {
  return [...(await request('/traces/api/v3/services')).services ?? []].sort();
}

/** The names of a service's operations. @returns {Promise<string[]>} */
export async function traceOperations(service) {
  const found = await request(`/traces/api/v3/operations?${parameters({ service })}`);
  return [...new Set((found.operations ?? []).map((o) => o.name))].sort();
}

/**
 * Traces that fit. Durations are written as Go's (`20ms`); times are Dates.
 * @returns {Promise<Trace[]>} as `normalise` of otlp.js makes them; empty if none fits
 */
export async function searchTraces({ service, operation, minDuration, maxDuration, start, end, limit }, signal) {
  const wanted = parameters({
    'query.service_name': service, 'query.operation_name': operation,
    'query.duration_min': minDuration, 'query.duration_max': maxDuration,
    'query.start_time_min': new Date(start).toISOString(), 'query.start_time_max': new Date(end).toISOString(),
    'query.num_traces': limit,
  });
  try {
    return normalise(await request(`/traces/api/v3/traces?${wanted}`, { signal }));
  } catch (error) {
    if (error.status === 404) return [];
    throw error;
  }
}

/** One trace. */
export async function trace(id, signal) {
  const [found] = normalise(await request(`/traces/api/v3/traces/${encodeURIComponent(id)}`, { signal }));
  return found ?? { id, spans: [] };
}

/** The state of the load generator. */
export function generator() {
  return request('/generator/api/v1/run');
}

/** Changes what is in the patch and nothing else. */
export function patchGenerator(patch) {
  return change('PATCH', '/generator/api/v1/run', patch);
}

export function pauseGenerator() { return change('POST', '/generator/api/v1/run/pause'); }
export function resumeGenerator() { return change('POST', '/generator/api/v1/run/resume'); }
export function stopGenerator() { return change('POST', '/generator/api/v1/run/stop'); }

/**
 * Follows the load generator, through its absences too.
 * @param {(state: RunState) => void} onState
 * @param {(snapshot: Snapshot) => void} onSnapshot
 * @param {(error: ApiError) => void} onDown after each attempt that fails
 * @returns {() => void} ends it
 */
export function watchGenerator(onState, onSnapshot, onDown) {
  /** @type {EventSource|undefined} */
  let source;
  let timer = 0;
  let ended = false;
  const open = () => {
    const stream = new EventSource('/generator/api/v1/run/events');
    stream.addEventListener('state', (event) => onState(JSON.parse(event.data)));
    stream.addEventListener('snapshot', (event) => onSnapshot(JSON.parse(event.data)));
    stream.onerror = lost;
    source = stream;
  };
  const lost = async () => {
    source?.close();
    timer = setTimeout(open, RECONNECT);
    const reason = await generator().then(() => null, (error) => error);
    if (reason && !ended) onDown(reason);
  };
  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source?.close();
  };
}

/** The faults of a service that are switched on, and the routes that one can be limited to. @returns {Promise<{faults: object[], routes: string[]}>} */
export async function faults(service) {
  return request(`/fault/${encodeURIComponent(service)}`);
}

/**
 * Switches a fault on.
 * @param {string} service
 * @param {Record<string, any>} wanted its kind, its duration as Go writes it (`30s`), and what the kind takes
 * @returns {Promise<object[]>} the faults that are on
 */
export async function setFault(service, wanted) {
  return (await change('PUT', `/fault/${encodeURIComponent(service)}`, wanted)).faults;
}

/** Switches a fault off. @returns {Promise<object[]>} the faults that are on */
export async function clearFault(service, { kind, route }) {
  return (await change('DELETE', `/fault/${encodeURIComponent(service)}?${parameters({ kind, route })}`)).faults;
}

const EXPERIMENTS = '/experiments/api/v1';

/** The catalog. @returns {Promise<object[]>} {name, title, question, hypothesis, explanation, seconds} */
export async function experiments() {
  return (await request(`${EXPERIMENTS}/experiments`)).experiments;
}

/** What runs, how the last run ended, and the results that are kept. @returns {Promise<{running, last, results}>} */
export function runs() {
  return request(`${EXPERIMENTS}/runs`);
}

/** Starts an experiment of the catalog; refused while another runs. */
export function startRun(name, quick) {
  return change('POST', `${EXPERIMENTS}/runs`, { name, quick });
}

/** Interrupts what runs. */
export function stopRun() {
  return change('POST', `${EXPERIMENTS}/runs/stop`);
}

/** Where a result is, as JSON. @returns {string} */
export function resultFile(id) {
  return `${EXPERIMENTS}/runs/${encodeURIComponent(id)}`;
}

/** Where a result is, as a page. @returns {string} */
export function resultPage(id) {
  return `${resultFile(id)}/page`;
}

/** A result, as docs/experiments.md describes it. */
export function result(id) {
  return request(resultFile(id));
}

async function prometheus(path, wanted, signal) {
  const release = await queries.take(signal);
  try {
    return (await request(`/prometheus/api/v1/${path}?${parameters(wanted)}`, { signal })).data;
  } finally {
    release();
  }
}

/** Changes something, with the token that other pages cannot read. One that a new server refuses is asked for again. */
async function change(method, path, body, again = true) {
  const { token } = await config();
  const headers = { 'X-Loadlab-Token': token, ...(body ? { 'Content-Type': 'application/json' } : {}) };
  try {
    return await request(path, { method, headers, body: body && JSON.stringify(body) });
  } catch (error) {
    if (error.status !== 403 || !again) throw error;
    known = null;
    return change(method, path, body, false);
  }
}

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', redirect: 'error', ...options });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'the console\'s server does not answer');
  }
  const text = await response.text();
  const parsed = parse(text);
  if (!response.ok) throw new ApiError(response.status, reason(parsed) ?? `status ${response.status}`);
  if (parsed === undefined) throw new ApiError(response.status, 'the response is not JSON');
  return parsed;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a problem (RFC 9457), Prometheus or Jaeger says is wrong. */
function reason(body) {
  const problem = body?.detail ?? body?.error?.message ?? body?.error ?? body?.title;
  return typeof problem === 'string' && problem ? problem : undefined;
}

function parameters(values) {
  return new URLSearchParams(Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== ''));
}

/** Prometheus writes numbers as texts, with `+Inf`, `-Inf` and `NaN`. @returns {[number, number]} */
function sample([time, text]) {
  const value = { '+Inf': Infinity, '-Inf': -Infinity }[text] ?? Number(text);
  return [Number(time), value];
}
