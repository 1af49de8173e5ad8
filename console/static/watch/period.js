/** The time that a dashboard shows: the last minutes, moving on, or a stretch that the reader has marked. */

/** The lengths that can be chosen, in seconds, by what the address calls them. */
export const RANGES = new Map([['5m', 300], ['15m', 900], ['1h', 3600], ['2h', 7200]]);

/** Steps between two points of a chart, in seconds. */
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600];

/** Points beyond which a wider chart looks no better. */
const MOST_POINTS = 500;

const PAST = 30; // seconds between two refreshes of what hardly changes
const SETTLED = 0.2; // seconds after which a scrape's samples can be asked for
const LEAST = 0.2; // seconds between two refreshes

/** What is shown unless the address says otherwise: two laps of the tour. The dashboards' own quarter of an hour is mostly empty in a lab that was just started. */
const USUAL = '5m';

/**
 * Reads the period from the address.
 * @param {URLSearchParams} query with `range`, or `from` and `to` in seconds since the epoch
 * @returns {Period} from and to are 0 while it moves on
 */
export function read(query) {
  const wanted = [...RANGES.keys()].find((name) => name === query.get('range')) ?? USUAL;
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
 * @param {Period} period
 * @param {number} now seconds since the epoch
 * @param {Beat} beat a period that moves on does so with the scrapes
 * @returns {Shown}
 */
export function ends(period, now, { scrape, phase }) {
  if (period.to > 0) return { from: period.from, to: period.to, live: false, phase };
  const to = floor(now - SETTLED / 2, scrape, phase);
  return { from: to - length(period), to, live: true, phase };
}

/** A period's length in seconds. @param {{range: string}} period */
function length({ range }) {
  return RANGES.get(range) ?? 0;
}

/** The last multiple of the step, counted from the phase. */
function floor(time, step, phase) {
  return Math.floor((time - phase) / step) * step + phase;
}

/**
 * What a chart asks for: a grid of times which stays the same while the period moves on, so that nothing jumps.
 * @param {{from: number, to: number, phase: number}} shown as `ends` gives it
 * @param {number} width of the chart in pixels
 * @param {number} scrape seconds; no step is shorter
 * @returns {{start: number, end: number, step: number}} seconds
 */
export function grid({ from, to, phase }, width, scrape) {
  const least = Math.max(scrape, (to - from) / Math.min(Math.max(width, 50), MOST_POINTS));
  const step = STEPS.find((s) => s >= least * 0.999) ?? Math.ceil(least / 600) * 600;
  return { start: floor(from, step, phase), end: floor(to, step, phase), step };
}

/**
 * Seconds between two refreshes: each scrape for short ranges; seldom for long ones, whose pixels move seldom, and
 * for what is past.
 */
function refreshEvery(period, scrape) {
  if (period.to > 0) return PAST;
  const seconds = length(period);
  return Math.max(scrape, seconds <= 900 ? 2 : seconds / 720);
}

/**
 * Seconds until the next refresh, which comes right after a scrape: what was changed shows as early as it can.
 * @param {Period} period
 * @param {Beat} beat
 * @param {number} now seconds since the epoch
 */
export function untilRefresh(period, { scrape, phase }, now) {
  const every = refreshEvery(period, scrape);
  const left = floor(now - SETTLED, every, phase) + every + SETTLED - now;
  return left < LEAST ? left + every : left;
}
