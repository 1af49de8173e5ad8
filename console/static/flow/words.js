/** What a reading means, in sentences. Nothing here touches the page. */
import { duration, number } from '../format.js';
import { silence } from '../silence.js';
import { dominant, fullness, HALF, isFull, NOTEWORTHY, reason } from './reasons.js';

/** What each part is. */
export const MEANING = {
  lag: 'the generator itself was late',
  blocked: 'waiting for a free connection',
  connect: 'opening the connection',
  network: 'in transit, or not accounted for',
  unattributed: 'no reply, or one without parts',
  entry: 'received, waiting for its handler',
  queue: 'ready to run, waiting for its turn',
  cpu: 'computing',
  wait: 'for a timer, a disk or another service',
};

/**
 * What is to be said of a path.
 * @param {Path} path
 * @param {Reading} now
 * @param {PastReading|null} last with traffic
 * @param {number} time of the reading, in seconds
 * @param {Record<string, Reading>} all by path
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
  if (!(now.total > 0)) return `${number(now.rate)} requests/s complete; no timing data yet.`;
  const found = dominant(now);
  const whole = now.kind === 'direct' ? 'the response time' : `the time in ${path.service}`;
  const largest = `${percent(found.share)} of ${whole} is ${name(found)}: ${reason(path, now, found, all)}.`;
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

/** That most requests fail, and by what. */
function failing({ failed, rate, failures }) {
  const share = failed >= 0.995 * rate ? 'every request fails' : `${percent(failed / rate)} of the requests fail`;
  const most = failures.slice(0, 2).filter(([, v]) => v > NOTEWORTHY * failed).map(([kind]) => FAILURES[kind] ?? `status ${kind}`);
  return `${share} (${most.join('; ')})`;
}

const FAILURES = {
  timeout: 'no reply in time', connect_error: 'no connection', protocol_error: 'an invalid reply', check: 'a reply that failed a check',
  500: '500: an error in the service', 502: '502: the gateway cannot reach the service', 503: '503: refused to protect the service',
  504: '504: the service exceeded the gateway’s time limit',
};

/** A path whose requests do not end. */
function stuck(path, now) {
  const asked = `${number(now.asked)} requests/s are due but none has been answered recently`;
  if (now.silent) return `${asked}: ${path.service} is stopped, overloaded or unreachable.`;
  return `${asked}${isFull(now) ? `: ${fullness(path, now)}` : ''}.`;
}

/** A path without traffic. */
function idle(path, now, last, time) {
  const away = now.silent ? ` ${path.service} is down, stopped or unreachable.` : '';
  if (!last) return `no requests now, nor in the last few minutes.${away}`;
  return `no requests now. Faded: the state ${age(time - last.time)} ago, `
    + `${number(last.reading.rate)}/s at ${duration(last.reading.total)} each.${away}`;
}

/** What else matters, each a sentence. */
function notes(path, now) {
  const found = [];
  const { lag = 0 } = now.parts;
  if (now.kind === 'direct' && lag > NOTEWORTHY * now.total && dominant(now).part !== 'lag') {
    found.push(`${percent(lag / now.total)} is lag: the generator itself was late, so do not trust the numbers.`);
  }
  if (now.kind === 'direct' && now.failed > 0 && now.failed < HALF * now.rate && now.failed >= 0.005 * now.rate) found.push(`${failing(now)}.`);
  if (now.kind === 'inner') found.push(`The generator is not calling this path now; ${path.service} serves ${number(now.rate)}/s for other callers.`);
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
