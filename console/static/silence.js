/** A service that does not answer Prometheus, and what others still know of it. Nothing here touches the page. */
import { number } from './format.js';

/** The routes of the generator that a service does the work of; the gateway has part in all of them. */
const ROUTES = { iobound: '.*/io/.*', cpubound: '.*/cpu/.*', mixed: '.*/mixed/.*', items: '.*/items.*', gateway: '.*' };

/**
 * The jobs that expressions select by name.
 * @param {string[]} exprs of PromQL, with their variables replaced
 * @returns {string[]}
 */
export function jobsOf(exprs) {
  const found = exprs.flatMap((expr) => [...expr.matchAll(/\bjob=~?"([^"]+)"/g)].flatMap(([, names]) => names.replace(/^\(|\)$/g, '').split('|')));
  return [...new Set(found)];
}

/** The query for every job that did not answer the last scrape. */
export const SILENT = 'min by (job) (up) == 0';

/**
 * The query for what the gateway and the generator know of a service, by the label `what`.
 * @param {string} job
 * @param {number} window seconds, several scrapes
 * @returns {string} empty if they know nothing of such a job
 */
export function knowledge(job, window) {
  if (!ROUTES[job]) return '';
  const rate = (metric, selector) => `sum(rate(${metric}{${selector}}[${window}s]))`;
  const named = (what, expr) => `label_replace(${expr}, "what", "${what}", "", "")`;
  const target = `target=~"${ROUTES[job]}"`;
  return [
    named('calls', rate('http_client_request_duration_seconds_count', `job="gateway", service_peer_name="${job}"`)),
    named('asked', rate('loadgen_scheduled_total', target)),
    named('answered', rate('loadgen_requests_total', `${target}, outcome="ok"`)),
  ].join(' or ');
}

/**
 * The sentence for a service that does not answer, and the rates that others know.
 * @param {string} job
 * @param {{calls?: number, asked?: number, answered?: number}} [known] rates per second: calls of the gateway to it that
 *   ended, requests of the generator that were due, and those that were answered without an error
 */
export function silence(job, known = {}) {
  const { calls, asked, answered } = known;
  const facts = [];
  if (calls !== undefined) facts.push(`the gateway’s calls to it complete at ${perSecond(calls)}`);
  if (asked !== undefined) facts.push(`the generator requests ${perSecond(asked)}, of which ${perSecond(Math.max(0, answered ?? 0))} succeed`);
  const text = facts.join('; ');
  return `${job} does not answer Prometheus.${text ? ` ${text[0].toUpperCase()}${text.slice(1)}.` : ''}`;
}

function perSecond(v) {
  return `${number(v)}/s`;
}
