/**
 * What Prometheus says of the two paths. The mean time per request in a part is the rate at which that part's
 * seconds grow divided by the rate of requests.
 */

/** The two paths: the routes which the generator calls, and the service that does their work. */
export const PATHS = [
  { id: 'io', label: 'IO path', service: 'iobound' },
  { id: 'cpu', label: 'CPU path', service: 'cpubound' },
];

/**
 * The parts of a response in the order in which they are drawn. All but `entry` are the generator's; `entry` is what
 * the gateway waited for and the service does not account for: the way between them, and the time in line before
 * the service begins to count.
 */
export const PARTS = ['lag', 'connect', 'network', 'entry', 'queue', 'cpu', 'wait'];

/** The parts that a service itself tells of. */
export const OWN = ['queue', 'cpu', 'wait'];

/** Fewer requests per second than this are no traffic: a mean over so few says nothing. */
const LEAST_RATE = 0.05;

const JOBS = PATHS.map((path) => path.service).join('|');

/**
 * The queries, each over the last `window` seconds.
 * @param {number} window seconds, several scrapes
 */
export function expressions(window) {
  const route = `.*/(${PATHS.map((path) => path.id).join('|')})/.*`;
  const ofPath = (metric, more) => `label_replace(rate(${metric}{target=~"${route}"${more}}[${window}s]), "path", "$1", "target", "${route}")`;
  const ofJob = (metric) => `rate(${metric}{job=~"${JOBS}"}[${window}s])`;
  const named = (name, expr) => `label_replace(${expr}, "what", "${name}", "", "")`;
  return {
    generator: `sum by (path, part) (${ofPath('loadgen_time_seconds_total', '')})`
      + ` or sum by (path) (${ofPath('loadgen_requests_total', ', outcome!="unfinished"')})`,
    service: `sum by (job, part) (${ofJob('lab_work_seconds_total')})`
      + ` or sum by (job) (${ofJob('http_server_request_duration_seconds_count')})`,
    cores: named('used', `sum by (job) (${ofJob('process_cpu_seconds_total')})`)
      + ` or ${named('limit', `sum by (job) (min by (job, instance) ({__name__=~"go_sched_gomaxprocs_threads|lab_cgroup_cpu_limit_cores", job=~"${JOBS}"}))`)}`,
  };
}

/**
 * One path at one moment.
 * @param {{id: string, service: string}} path
 * @param {Sample[]} generator, service, cores: Sample = {metric, v}, the answers to `expressions`
 * @param {object} [earlier] reading of the path
 * @returns {{kind: 'direct'|'inner'|'idle', rate: number, parts: Object<string, number>, total: number, inFlight: number,
 *   cores: {used: number, limit: number}, silent: boolean, ownWait: number|undefined}} rate per second; parts, total and
 *   ownWait, which is the service's own, in ms per request; silent if the service did not answer
 *   Prometheus lately: then the rate of its cores would be of fewer scrapes than the window has, and is left out
 */
export function reading(path, { generator, service, cores: processors }, earlier) {
  const direct = side(generator, (m) => m.path === path.id);
  const inner = side(service, (m) => m.job === path.service);
  const core = (what) => processors.find((s) => s.metric.job === path.service && s.metric.what === what)?.v ?? NaN;
  const silent = Number.isNaN(core('limit')); // a gauge is missing as soon as one scrape fails
  const ownWait = inner.rate >= LEAST_RATE ? inner.parts.wait : earlier?.ownWait;
  const cores = silent ? { used: NaN, limit: earlier?.cores.limit ?? NaN } : { used: core('used'), limit: core('limit') };
  const common = { cores, silent, ownWait };
  if (direct.rate >= LEAST_RATE) return { kind: 'direct', ...refine(direct, inner, ownWait), ...common };
  if (inner.rate >= LEAST_RATE) return { kind: 'inner', ...inner, ...common };
  return { kind: 'idle', rate: 0, parts: {}, total: 0, inFlight: 0, ...common };
}

/**
 * Takes from the wait that the generator was told of what the service knows nothing of, unless most of the
 * service's requests come from elsewhere: then its means say little of this path. A service too busy to answer
 * Prometheus is taken to wait as it did before.
 */
function refine(direct, inner, ownWait) {
  if (direct.parts.wait === undefined || ownWait === undefined || inner.rate > 2 * direct.rate) return direct;
  const wait = Math.min(direct.parts.wait, ownWait);
  return { ...direct, parts: { ...direct.parts, wait, entry: direct.parts.wait - wait } };
}

function side(samples, belongs) {
  const own = samples.filter((s) => belongs(s.metric) && Number.isFinite(s.v));
  const rate = own.find((s) => s.metric.part === undefined)?.v ?? 0;
  const seconds = own.filter((s) => PARTS.includes(s.metric.part));
  const parts = Object.fromEntries(seconds.map((s) => [s.metric.part, rate > 0 ? Math.max(0, 1000 * s.v / rate) : 0]));
  const inFlight = seconds.reduce((sum, s) => sum + s.v, 0); // Little's law: the rate of the seconds is the mean number
  return { rate, parts, total: Object.values(parts).reduce((sum, ms) => sum + ms, 0), inFlight };
}

/**
 * The moments of answers to range queries, oldest first.
 * @returns {{time: number, generator: Sample[], service: Sample[], cores: Sample[]}[]} time in seconds
 */
export function moments(answers) {
  const at = new Map();
  for (const [name, series] of Object.entries(answers)) {
    for (const { metric, values } of series) {
      for (const [time, v] of values) {
        if (!at.has(time)) at.set(time, { time, generator: [], service: [], cores: [] });
        at.get(time)[name].push({ metric, v });
      }
    }
  }
  return [...at.values()].sort((a, b) => a.time - b.time);
}
