/** Why a part of the response is the largest. Nothing here touches the page. */
import { duration, number } from '../format.js';
import { PARTS, PATHS } from './measure.js';

const FULL = 0.9; // of the limit: above it the cores have nothing left
const NEARLY_IDLE = 0.1; // of the limit

/** Of the limit of the cores, and of the requests: above it most of them fail. */
export const HALF = 0.5;

/** Of a whole: a part below it is not named. */
export const NOTEWORTHY = 0.1;

/** The parts that are waiting in a line. */
const LINE = ['blocked', 'entry', 'queue'];

/** @typedef {{part: string, share: number, line: [string, number][]}} Largest */

/**
 * The largest part, with its share. The parts of waiting in a line are one: together they are the queue.
 * @param {{parts: Record<string, number>, total: number}} reading
 * @returns {Largest} line has its parts, the largest first
 */
export function dominant({ parts, total }) {
  const size = (part) => /** @type {[string, number]} */ ([part, parts[part] ?? 0]);
  const line = LINE.map(size).sort(([, a], [, b]) => b - a);
  const sizes = PARTS.filter((part) => !LINE.includes(part)).map(size);
  /** @type {[string, number]} */
  const queue = ['queue', line.reduce((sum, [, ms]) => sum + ms, 0)];
  const [part, ms] = sizes.reduce((best, one) => (one[1] > best[1] ? one : best), queue);
  return { part, share: total > 0 ? ms / total : 0, line: line.filter(([, length]) => length > NOTEWORTHY * queue[1]) };
}

/** The cores in use with their limit, in words. */
export function cores({ used, limit }) {
  if (!Number.isFinite(used)) return 'cores unknown';
  return Number.isFinite(limit) ? `${used.toFixed(2)} of ${number(limit)} ${limit === 1 ? 'core' : 'cores'}` : `${used.toFixed(2)} cores`;
}

/**
 * Why the largest part is what it is, and by whom.
 * @param {Path} path
 * @param {Reading} now of a path whose requests end
 * @param {Largest} found
 * @param {Record<string, Reading>} all by path
 */
export function reason(path, now, found, all) {
  return REASONS[found.part](path, now, { ...found, all });
}

const REASONS = {
  lag: (path, now) => `the generator itself was late, so do not trust this measurement${alsoFull(path, now)}`,
  connect: () => 'most of the time is spent opening connections',
  network(path, now) {
    if (isFull(now)) return `${path.service} is full (${cores(now.cores)}), and this time is in transit or not accounted for`;
    if (!Number.isFinite(now.cores.used)) return 'mostly network time';
    if (now.cores.used < NEARLY_IDLE * now.cores.limit) return `mostly network time; ${path.service} itself is nearly idle (${cores(now.cores)})`;
    return `mostly network time; ${path.service} uses ${cores(now.cores)}`;
  },
  unattributed: (path, now) => `requests without a reply, or whose reply reports no parts${alsoFull(path, now)}`,
  queue(path, now, { line, all }) {
    const [[first]] = line;
    if (first === 'blocked') return `all connections of the generator are in use, ${holder(path, now, all)}. The limit is LOADGEN_MAX_CONNECTIONS`;
    if (now.gatewayQueue > HALF * ((now.parts.queue ?? 0) + (now.parts.entry ?? 0))) return gatewayLine(path, now);
    if (now.silent) return `requests queue for ${path.service}`;
    if (isFull(now)) return `${fullness(path, now)}, so requests wait for their turn`;
    const why = first === 'entry' ? 'for a processor that other programs use' : 'for a slot, a lock or a processor that other programs use';
    return `requests queue for ${path.service} although it uses only ${cores(now.cores)}: they wait ${why}`;
  },
  cpu(path, now) {
    if (isFull(now)) return `CPU-bound, and ${fullness(path, now)}: more load can only queue`;
    return Number.isFinite(now.cores.used) ? `CPU-bound, with CPU to spare (${cores(now.cores)})` : 'CPU-bound';
  },
  wait(path, now) {
    if (now.silent && now.failed >= HALF * now.rate) return `requests wait for ${path.service} until they time out`;
    const many = `on average ${number(now.inFlight)} requests wait at once`;
    if (isFull(now)) return `${many}, and ${fullness(path, now)}`;
    if (now.cores.used < HALF * now.cores.limit) return `${many} and need hardly any CPU (${cores(now.cores)})`;
    return `${many} (${cores(now.cores)})`;
  },
};

/** Why connections are in use, for a sentence that names the service behind. */
function holder(path, now, all) {
  const silent = PATHS.find(({ id }) => all[id].silent && all[id].asked > 0); // its requests hold connections until their time is up
  const other = silent ?? PATHS.find((each) => each.id === now.holder);
  if (!other) return 'most of them by other routes';
  if (other.id !== path.id) {
    const most = `most of them by the ${other.label}`;
    return silent || all[other.id].kind === 'direct' ? `${most}, ${holder(other, all[other.id], all)}` : most;
  }
  if (now.silent) return `held up by ${path.service}`;
  if (isFull(now)) return `held up by ${path.service}, where ${fullness(path, now, 'its')}`;
  const spare = now.cores.used < HALF * now.cores.limit ? ', which has CPU to spare' : '';
  const { lag = 0, blocked = 0, ...held } = now.parts;
  const { part } = dominant({ parts: held, total: now.total });
  const time = duration(now.total - lag - blocked);
  return {
    queue: `held up by the queue for ${path.service} (${time} per request)`,
    network: `each for ${time}, mostly in transit`,
    unattributed: `each for ${time}, mostly without a reply that reports its parts`,
    connect: `each for ${time}, mostly while being opened`,
    cpu: `each for ${time} while ${path.service} computes`,
    wait: `each for ${time} while its request waits in ${path.service}${spare}`,
  }[part];
}

function gatewayLine(path, now) {
  const state = isFull(now) ? ` (${path.service} is full too: ${cores(now.cores)})` : '';
  return `requests queue in the gateway, for a connection, a slot or a processor${state}`;
}

function alsoFull(path, now) {
  return isFull(now) ? `; ${path.service} is full as well (${cores(now.cores)})` : '';
}

export function isFull({ cores: { used, limit }, silent }) {
  return !silent && used >= FULL * limit;
}

export function fullness(path, { cores: used }, whose = `${path.service}’s`) {
  return used.limit === 1 ? `${whose} core is full (${cores(used)})` : `${whose} cores are full (${cores(used)})`;
}
