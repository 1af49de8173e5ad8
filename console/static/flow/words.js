import { duration, number } from '../format.js';
import { PARTS } from './measure.js';

const FULL = 0.9; // of the limit: above it the cores have nothing left
const LATE = 0.1; // of the response: above it the generator's own delay distorts it

/** What each part is. */
export const MEANING = {
  lag: 'the generator sent later than planned',
  connect: 'opening the connection',
  network: 'on the way, and what no one accounts for',
  entry: 'from the gateway until the service starts its clock',
  queue: 'could run and did not',
  cpu: 'computing',
  wait: 'waiting for a timer, a disk or another service',
};

/** The part which takes most of the response, with its share. */
export function dominant({ parts, total }) {
  const part = PARTS.reduce((best, name) => ((parts[name] ?? 0) > (parts[best] ?? 0) ? name : best), PARTS[0]);
  return { part, share: total > 0 ? (parts[part] ?? 0) / total : 0 };
}

/** The cores in use beside their limit, in words. */
export function cores({ used, limit }) {
  if (!Number.isFinite(used)) return 'cores unknown';
  return Number.isFinite(limit) ? `${used.toFixed(2)} of ${number(limit)} ${limit === 1 ? 'core' : 'cores'}` : `${used.toFixed(2)} cores`;
}

/**
 * What dominates a path now, in a sentence.
 * @param {{label: string, service: string}} path
 * @param {object} reading with traffic
 */
export function sentence(path, reading) {
  const { part, share } = isFull(reading) ? line(reading) : dominant(reading);
  const whole = reading.kind === 'direct' ? 'the response' : `the time in ${path.service}`;
  return `${path.label}: ${Math.round(100 * share)} % of ${whole} is ${part}: ${because(part, path, reading)}.`;
}

/** A service that serves and does not answer Prometheus in time is full too. */
function isFull({ cores: { used, limit }, silent }) {
  return silent || used >= FULL * limit;
}

/** What dominates where the cores are full: there the line before the service is part of its queue. */
function line(reading) {
  const { queue = 0, entry = 0, ...others } = reading.parts;
  const joined = dominant({ parts: { ...others, queue: queue + entry }, total: reading.total });
  return joined.part === 'queue' && entry > 0.1 * queue ? { part: 'queue and entry', share: joined.share } : joined;
}

function because(part, path, reading) {
  const full = isFull(reading);
  const busy = cores(reading.cores);
  const many = fullness(path, reading);
  const reasons = {
    lag: 'the generator itself is late, so this measurement is not to be trusted',
    connect: 'most of the time goes into opening connections',
    entry: `it passes between the gateway and ${path.service}, or in line before ${path.service} starts its clock (${busy})`,
    network: `${path.service} is hardly asked: the way there takes longer than the work`,
    queue: full ? `${many}, so requests stand in line`
      : `requests stand in line although ${path.service} uses only ${busy}: for a slot, a lock, or a processor that others use`,
    cpu: full ? `it computes, and ${many}: more load can only queue`
      : `it computes, and there is room left (${busy})`,
    wait: `${number(reading.inFlight)} requests at once, on average, which hardly need a processor (${busy})`,
  };
  return reasons[part.split(' ')[0]];
}

function fullness(path, { cores: used, silent }) {
  if (silent) return `${path.service} is too busy even to answer Prometheus`;
  return `${used.limit === 1 ? 'the core is full' : 'its cores are full'} (${cores(used)})`;
}

/**
 * What is said of a path without traffic from the generator.
 * @param {{time: number, reading: object}|null} last
 * @param {number} now seconds
 */
export function idle(path, last, now) {
  if (!last) return `${path.label}: no request now, and none in the last minutes.`;
  return `${path.label}: no request now. Shown faded is what it was ${age(now - last.time)} ago: `
    + `${number(last.reading.rate)}/s, ${duration(last.reading.total)} each.`;
}

/** What is to be known beside the sentence; empty if there is nothing. */
export function remark(path, reading) {
  if (reading.parts.lag > LATE * reading.total) {
    return `${Math.round(100 * reading.parts.lag / reading.total)} % is lag: the generator itself was late, so the numbers are not to be trusted.`;
  }
  if (reading.kind !== 'inner') return '';
  return `The generator calls no route of this path now; ${path.service} serves ${number(reading.rate)}/s for others.`;
}

/** A time in the past, in words. */
export function age(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}
