/** What a reading means, in sentences. Nothing here touches the page. */
import { duration, number } from '../format.js';
import { silence } from '../silence.js';
import { PARTS, PATHS } from './measure.js';

const FULL = 0.9; // of the limit: above it the cores have nothing left
const NEARLY_IDLE = 0.1; // of the limit
const HALF = 0.5; // of the limit, and of the requests: above it most of them fail
const NOTEWORTHY = 0.1; // of a whole: a part below it is not named

/** The parts that are waiting in a line. */
const LINE = ['blocked', 'entry', 'queue'];

/** What each part is. */
export const MEANING = {
  lag: 'the generator itself was late',
  blocked: 'waiting for a free connection',
  connect: 'opening the connection',
  network: 'in transit, or not accounted for',
  entry: 'received, waiting for its handler to start',
  queue: 'ready to run, waiting for its turn',
  cpu: 'computing',
  wait: 'for a timer, a disk or another service',
};

/**
 * The largest part, with its share. The parts of waiting in a line are one: together they are the queue.
 * @returns {{part: string, share: number, line: [string, number][]}} line has its parts, the largest first
 */
export function dominant({ parts, total }) {
  const line = LINE.map((part) => [part, parts[part] ?? 0]).sort(([, a], [, b]) => b - a);
  const sizes = PARTS.filter((part) => !LINE.includes(part)).map((part) => [part, parts[part] ?? 0]);
  const queue = ['queue', line.reduce((sum, [, ms]) => sum + ms, 0)];
  const [part, ms] = sizes.reduce((best, one) => (one[1] > best[1] ? one : best), queue);
  return { part, share: total > 0 ? ms / total : 0, line: line.filter(([, size]) => size > NOTEWORTHY * queue[1]) };
}

/** The cores in use with their limit, in words. */
export function cores({ used, limit }) {
  if (!Number.isFinite(used)) return 'cores unknown';
  return Number.isFinite(limit) ? `${used.toFixed(2)} of ${number(limit)} ${limit === 1 ? 'core' : 'cores'}` : `${used.toFixed(2)} cores`;
}

/**
 * What is to be said of a path.
 * @param {{id: string, label: string, service: string}} path
 * @param {object} now the reading
 * @param {{time: number, reading: object}|null} last with traffic
 * @param {number} time of the reading, in seconds
 * @param {Object<string, object>} all readings by path
 * @returns {{sentence: string, notes: string[]}}
 */
export function describe(path, now, last, time, all) {
  const silent = now.silent ? ` ${silence(path.service, known(now))}` : '';
  return { sentence: `${path.label}: ${said(path, now, { last, time, all })}${silent}`, notes: notes(path, now) };
}

function said(path, now, { last, time, all }) {
  if (now.kind === 'stuck') return stuck(path, now);
  if (now.kind === 'idle') return idle(path, now, last, time);
  return served(path, now, all);
}

/** A path whose requests end. */
function served(path, now, all) {
  const found = dominant(now);
  const whole = now.kind === 'direct' ? 'the response' : `the time in ${path.service}`;
  const largest = `${percent(found.share)} of ${whole} is ${name(found)}: ${REASONS[found.part](path, now, { ...found, all })}.`;
  if (now.failed < HALF * now.rate) return largest;
  return `${failing(now)}. ${largest}`;
}

/** Which parts of the line there are. */
function name({ part, line }) {
  if (part !== 'queue') return part;
  const [first, ...others] = line.map(([each]) => each);
  if (others.length === 0) return first === 'queue' ? 'queue' : `queueing (${first})`;
  return `queueing (${first} and ${others.join(' and ')})`;
}

const REASONS = {
  lag: (path, now) => `the generator itself was late, so do not trust this measurement${alsoFull(path, now)}`,
  connect: () => 'most of the time goes into opening connections',
  network(path, now) {
    if (now.failed >= HALF * now.rate) return 'requests without a reply report no parts, so their time counts as network';
    if (isFull(now)) return `${path.service} is full (${cores(now.cores)}), and this time is in transit or not accounted for`;
    if (!Number.isFinite(now.cores.used)) return 'mostly network time';
    if (now.cores.used < NEARLY_IDLE * now.cores.limit) return `mostly network time; ${path.service} itself is nearly idle (${cores(now.cores)})`;
    return `mostly network time; ${path.service} uses ${cores(now.cores)}`;
  },
  queue(path, now, { line, all }) {
    const [[first]] = line;
    if (first === 'blocked') return `all connections of the generator are in use, ${holder(path, now, all)}. The limit is LOADGEN_MAX_CONNECTIONS`;
    if (now.gatewayQueue > HALF * ((now.parts.queue ?? 0) + (now.parts.entry ?? 0))) return gatewayLine(path, now);
    if (now.silent) return `requests stand in line before ${path.service}`;
    if (isFull(now)) return `${fullness(path, now)}, so requests wait for their turn`;
    const why = first === 'entry' ? 'for a processor that other programs use' : 'for a slot, a lock or a processor that other programs use';
    return `requests stand in line before ${path.service} although it uses only ${cores(now.cores)}: they wait ${why}`;
  },
  cpu(path, now) {
    if (isFull(now)) return `CPU-bound, and ${fullness(path, now)}: more load can only queue`;
    return Number.isFinite(now.cores.used) ? `CPU-bound, with CPU to spare (${cores(now.cores)})` : 'CPU-bound';
  },
  wait(path, now) {
    if (now.silent && now.failed >= HALF * now.rate) return `requests wait for ${path.service} until their time is up`;
    const many = `${number(now.inFlight)} requests at once, on average, wait`;
    if (isFull(now)) return `${many}, and ${fullness(path, now)}`;
    if (now.cores.used < HALF * now.cores.limit) return `${many}, and need hardly any CPU (${cores(now.cores)})`;
    return `${many} (${cores(now.cores)})`;
  },
};

/** Why connections are in use, for a sentence that names the service behind. */
function holder(path, now, all) {
  const other = PATHS.find((each) => each.id === now.holder);
  if (!other) return 'most of them by other routes';
  if (other.id !== path.id) return `most of them by the ${other.label}, ${holder(other, all[other.id], all)}`;
  if (now.silent) return `held up by ${path.service}`;
  if (isFull(now)) return `held up by ${path.service}, where ${fullness(path, now, 'its')}`;
  const spare = now.cores.used < HALF * now.cores.limit ? ', which has CPU to spare' : '';
  const rest = { ...now, parts: { ...now.parts, blocked: 0 } };
  const { part } = dominant(rest);
  const time = duration(now.total - (now.parts.blocked ?? 0));
  return {
    queue: `held up by the line before ${path.service} (${time} a request)`,
    network: `each for ${time}, mostly in transit`,
    lag: `each for ${time}, mostly because the generator itself is late`,
    connect: `each for ${time}, mostly to be opened`,
    cpu: `each for ${time} while ${path.service} computes`,
    wait: `each for ${time} while its request waits in ${path.service}${spare}`,
  }[part];
}

function gatewayLine(path, now) {
  const state = isFull(now) ? ` (${path.service} is full too: ${cores(now.cores)})` : '';
  return `requests stand in line in the gateway, for a connection, a slot or a processor${state}`;
}

function alsoFull(path, now) {
  return isFull(now) ? `; ${path.service} is full as well (${cores(now.cores)})` : '';
}

function isFull({ cores: { used, limit }, silent }) {
  return !silent && used >= FULL * limit;
}

function fullness(path, { cores: used }, whose = `${path.service}’s`) {
  return used.limit === 1 ? `${whose} core is full (${cores(used)})` : `${whose} cores are full (${cores(used)})`;
}

/** That most requests fail, and by what. */
function failing({ failed, rate, failures }) {
  const share = failed >= 0.995 * rate ? 'every request fails' : `${percent(failed / rate)} of the requests fail`;
  const most = failures.slice(0, 2).filter(([, v]) => v > NOTEWORTHY * failed).map(([kind]) => FAILURES[kind] ?? `status ${kind}`);
  return `${share} (${most.join('; ')})`;
}

const FAILURES = {
  timeout: 'no reply in time', connect_error: 'no connection', protocol_error: 'a broken reply',
  500: '500: an error in the service', 502: '502: the gateway reaches no service', 503: '503: refused, to protect the service',
  504: '504: the service was too slow for the gateway',
};

/** A path whose requests do not end. */
function stuck(path, now) {
  const asked = `${number(now.asked)} requests/s are due and none was answered lately`;
  if (now.silent) return `${asked}: ${path.service} is stopped, overloaded or unreachable.`;
  return `${asked}${isFull(now) ? `: ${fullness(path, now)}` : ''}.`;
}

/** A path without traffic. */
function idle(path, now, last, time) {
  const away = now.silent ? ` ${path.service} is down, stopped or unreachable.` : '';
  if (!last) return `no request now, and none in the last minutes.${away}`;
  return `no request now. Faded: the state ${age(time - last.time)} ago, `
    + `${number(last.reading.rate)}/s, ${duration(last.reading.total)} each.${away}`;
}

/** What else matters, each a sentence. */
function notes(path, now) {
  const found = [];
  const { lag = 0 } = now.parts;
  if (now.kind === 'direct' && lag > NOTEWORTHY * now.total && dominant(now).part !== 'lag') {
    found.push(`${percent(lag / now.total)} is lag: the generator itself was late, so do not trust the numbers.`);
  }
  if (now.kind === 'direct' && now.failed > 0 && now.failed < HALF * now.rate && now.failed >= 0.005 * now.rate) found.push(`${failing(now)}.`);
  if (now.kind === 'inner') found.push(`The generator calls no route of this path now; ${path.service} serves ${number(now.rate)}/s for others.`);
  return found;
}

/** What the gateway and the generator know of a silent service. */
function known({ calls, asked, rate, failed, kind }) {
  if (kind === 'idle' || kind === 'inner') return { calls };
  return { calls, asked, answered: rate - failed };
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/** A time in the past, in words. */
export function age(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}
