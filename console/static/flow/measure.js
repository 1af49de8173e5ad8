/**
 * What Prometheus knows of the two paths. The mean time per request in a part is the rate at which that part's
 * seconds grow divided by the rate of requests. Nothing here touches the page.
 */

/** The two paths: the routes which the generator calls, and the service that does their work. */
export const PATHS = [
  { id: 'io', label: 'IO path', service: 'iobound' },
  { id: 'cpu', label: 'CPU path', service: 'cpubound' },
];

/** The parts of a response in the order in which they are drawn; all of them are the generator's. */
export const PARTS = ['lag', 'blocked', 'connect', 'network', 'unattributed', 'entry', 'queue', 'cpu', 'wait'];

/** The parts that a service itself reports. */
export const OWN = ['entry', 'queue', 'cpu', 'wait'];

/** Fewer requests per second than this are no traffic: a mean over so few says nothing. */
const LEAST_RATE = 0.05;

const JOBS = PATHS.map((path) => path.service).join('|');

/** The names of the queries, as `reading` takes their answers. */
export const QUERIES = ['generator', 'service', 'state'];

/**
 * The queries, each over the last `window` seconds.
 * @param {number} window seconds, several scrapes
 */
export function expressions(window) {
  const target = `.*/(${PATHS.map((path) => path.id).join('|')})/.*`;
  const route = `/(${PATHS.map((path) => path.id).join('|')})/.*`;
  const increase = (metric, selector) => `rate(${metric}{${selector}}[${window}s])`;
  const ofPath = (metric, selector = '') => `label_replace(${increase(metric, selector)}, "path", "$1", "target", "${target}")`; // without a label for other targets
  const ofGateway = (metric, more = '') => `label_replace(${increase(metric, `job="gateway", http_route=~"${route}"${more}`)}, "path", "$1", "http_route", "${route}")`;
  const ofJob = (metric) => increase(metric, `job=~"${JOBS}"`);
  // The mean over the window, or what is used now if that is more: a service is full as soon as its load is.
  const used = `(rate(process_cpu_seconds_total{job=~"${JOBS}"}[${window}s]) >= irate(process_cpu_seconds_total{job=~"${JOBS}"}[${window}s]))`
    + ` or irate(process_cpu_seconds_total{job=~"${JOBS}"}[${window}s])`;
  const named = (what, expr) => `label_replace(${expr}, "what", "${what}", "", "")`;
  return {
    generator: [
      `sum by (path, part) (${ofPath('loadgen_time_seconds_total')})`,
      `sum by (path, outcome, http_response_status_code) (${ofPath('loadgen_requests_total', 'outcome!="unfinished"')})`,
      named('asked', `sum by (path) (${ofPath('loadgen_scheduled_total')})`),
    ].join(' or '),
    service: [
      `sum by (job, part) (${ofJob('lab_work_seconds_total')})`,
      named('entry', `sum by (job) (${ofJob('lab_entry_seconds_total')})`),
      named('requests', `sum by (job) (${ofJob('http_server_request_duration_seconds_count')})`),
    ].join(' or '),
    state: [
      named('used', `sum by (job) (${used})`),
      named('limit', `sum by (job) (min by (job, instance) ({__name__=~"lab_compute_cores|lab_cgroup_cpu_limit_cores", job=~"${JOBS}"}))`),
      named('up', `min by (job) (up{job=~"${JOBS}"})`),
      named('calls', `label_replace(sum by (service_peer_name) (${increase('http_client_request_duration_seconds_count', `job="gateway", service_peer_name=~"${JOBS}"`)}), "job", "$1", "service_peer_name", "(.*)")`),
      named('gateway queue', `sum by (path) (${ofGateway('lab_work_seconds_total', ', part="queue"')})`),
    ].join(' or '),
  };
}

/**
 * One path at one moment.
 * @param {Path} path
 * @param {Moment} moment the answers to `expressions`
 * @param {Reading} [earlier] of the path
 * @returns {Reading} rates per second; parts, total and gatewayQueue, which is the part of
 *   queue and entry that the gateway accounts for, in ms per request; failures by status or outcome, the most frequent
 *   first; silent if the service did not answer the last scrape; calls of the gateway to it that ended; holder is the
 *   id of the path that uses most of the generator's connections, empty if those are other routes. The kind is
 *   direct while the generator gets responses, stuck while it asks for them and gets none, inner while only others call
 */
export function reading(path, { generator, service, state }, earlier) {
  const known = (what, label, value) => state.find((s) => s.metric.what === what && s.metric[label] === value)?.v;
  const silent = known('up', 'job', path.service) === 0;
  const limit = known('limit', 'job', path.service) ?? earlier?.cores.limit ?? NaN;
  // Of fewer scrapes than the window has, the rate would be wrong.
  const cores = { used: silent ? NaN : known('used', 'job', path.service) ?? NaN, limit };
  const common = { cores, silent, calls: known('calls', 'job', path.service), asked: 0, failed: 0, failures: [], gatewayQueue: 0, holder: holder(generator) };
  const direct = ofGenerator(generator.filter((s) => s.metric.path === path.id && Number.isFinite(s.v)));
  if (direct.rate >= LEAST_RATE) {
    const gatewayQueue = 1000 * (known('gateway queue', 'path', path.id) ?? 0) / direct.rate;
    return { ...common, kind: 'direct', ...direct, gatewayQueue };
  }
  if (direct.asked >= LEAST_RATE) return { ...common, kind: 'stuck', ...direct, parts: {}, total: 0, inFlight: 0 };
  const inner = ofService(service.filter((s) => s.metric.job === path.service && Number.isFinite(s.v)));
  if (inner.rate >= LEAST_RATE) return { ...common, kind: 'inner', ...inner };
  return { ...common, kind: 'idle', rate: 0, parts: {}, total: 0, inFlight: 0 };
}

function ofGenerator(samples) {
  const ended = samples.filter((s) => s.metric.outcome !== undefined);
  const rate = sum(ended);
  const failures = ended.filter((s) => s.metric.outcome !== 'ok' && s.v > 0)
    .map((s) => [s.metric.http_response_status_code || s.metric.outcome, s.v]).sort(([, a], [, b]) => b - a);
  const asked = samples.find((s) => s.metric.what === 'asked')?.v ?? 0;
  return { rate, asked, failures, failed: failures.reduce((total, [, v]) => total + v, 0), ...means(seconds(samples), rate) };
}

/** A request uses a connection from when it has one: that is, neither late nor blocked. */
function holder(samples) {
  const used = new Map();
  for (const { metric: { path = '', part }, v } of samples) {
    if (PARTS.includes(part) && part !== 'lag' && part !== 'blocked' && v > 0) used.set(path, (used.get(path) ?? 0) + v);
  }
  return [...used].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0])[0];
}

/** Of a service, `queue` contains `entry`. */
function ofService(samples) {
  const rate = samples.find((s) => s.metric.what === 'requests')?.v ?? 0;
  const spent = seconds(samples);
  const entry = samples.find((s) => s.metric.what === 'entry')?.v;
  if (entry !== undefined) Object.assign(spent, { entry, queue: Math.max(0, (spent.queue ?? 0) - entry) });
  return { rate, ...means(spent, rate) };
}

/** Seconds per second by part. */
function seconds(samples) {
  return Object.fromEntries(samples.filter((s) => PARTS.includes(s.metric.part)).map((s) => [s.metric.part, Math.max(0, s.v)]));
}

function means(spent, rate) {
  const parts = Object.fromEntries(Object.entries(spent).map(([part, s]) => [part, rate > 0 ? 1000 * s / rate : 0]));
  const inFlight = Object.values(spent).reduce((total, s) => total + s, 0); // Little's law: the rate of the seconds is the mean number
  return { parts, total: Object.values(parts).reduce((total, ms) => total + ms, 0), inFlight };
}

function sum(samples) {
  return samples.reduce((total, s) => total + s.v, 0);
}

/**
 * The moments of answers to range queries, oldest first.
 * @param {Record<string, RangeSeries[]>} answers
 * @returns {(Moment & {time: number})[]} time in seconds
 */
export function moments(answers) {
  const at = new Map();
  for (const [name, series] of Object.entries(answers)) {
    for (const { metric, values } of series) {
      for (const [time, v] of values) {
        if (!at.has(time)) at.set(time, { time, ...Object.fromEntries(QUERIES.map((query) => [query, []])) });
        at.get(time)[name].push({ metric, v });
      }
    }
  }
  return [...at.values()].sort((a, b) => a.time - b.time);
}
