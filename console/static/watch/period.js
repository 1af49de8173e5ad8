/** The time that a dashboard shows: the last minutes, moving on, or a stretch that the reader has marked. */

/** The lengths that can be chosen, in seconds, by what the address calls them. */
export const RANGES = new Map([['5m', 300], ['15m', 900], ['1h', 3600], ['2h', 7200]]);

/** Steps between two points of a chart, in seconds. */
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600];

/** Points beyond which a wider chart looks no better. */
const MOST_POINTS = 500;

const PAST = 30; // seconds between two refreshes of what hardly changes

/**
 * Reads the period from the address.
 * @param {URLSearchParams} query with `range`, or `from` and `to` in seconds since the epoch
 * @param {string} [otherwise] Grafana's `now-15m`
 * @returns {{range: string, from: number, to: number}} from and to are 0 while it moves on
 */
export function read(query, otherwise = '') {
  const wanted = [query.get('range'), otherwise.replace(/^now-/, ''), '15m'].find((name) => RANGES.has(name));
  const from = Number(query.get('from'));
  const to = Number(query.get('to'));
  return from > 0 && to > from ? { range: wanted, from, to } : live(wanted);
}

/** The last minutes. @param {string} range a key of RANGES */
export function live(range) {
  return { range, from: 0, to: 0 };
}

/**
 * The period's ends at a time, in seconds.
 * @param {number} now seconds since the epoch
 * @param {number} scrape seconds between two samples; a period that moves on does so by these
 * @returns {{from: number, to: number, live: boolean}}
 */
export function ends(period, now, scrape) {
  if (period.to > 0) return { from: period.from, to: period.to, live: false };
  const to = Math.floor(now / scrape) * scrape;
  return { from: to - RANGES.get(period.range), to, live: true };
}

/**
 * What a chart asks for: a grid of times which stays the same while the period moves on, so that nothing jumps.
 * @param {{from: number, to: number}} shown seconds since the epoch
 * @param {number} width of the chart in pixels
 * @param {number} scrape seconds; no step is shorter
 * @returns {{start: number, end: number, step: number}} seconds
 */
export function grid({ from, to }, width, scrape) {
  const least = Math.max(scrape, (to - from) / Math.min(Math.max(width, 50), MOST_POINTS));
  const step = STEPS.find((s) => s >= least * 0.999) ?? Math.ceil(least / 600) * 600;
  return { start: Math.floor(from / step) * step, end: Math.floor(to / step) * step, step };
}

/**
 * Seconds between two refreshes: each scrape for short ranges; seldom for long ones, whose pixels move seldom, and
 * for what is past.
 */
export function refreshEvery({ range, to }, scrape) {
  if (to > 0) return PAST;
  const seconds = RANGES.get(range);
  return Math.max(scrape, seconds <= 900 ? 2 : seconds / 720);
}
