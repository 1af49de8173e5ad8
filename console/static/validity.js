/** What may be wrong with a measurement that is not valid, and by how much. Nothing here touches the page. */
import { duration, format } from './format.js';

/** A response time that is wrong by less than this share is read as it is. */
const MATTERS = 0.1;

/**
 * Response times count from the intended start, so they contain the generator's lag.
 * @param {Snapshot[]} snapshots
 * @returns {{off: string, short: string, matters: boolean}|null} null if all of them are valid; `off` says more than `short`
 */
export function doubt(snapshots) {
  const invalid = snapshots.filter((snapshot) => !snapshot.valid);
  if (invalid.length === 0) return null;
  const reasons = [...new Set(invalid.flatMap((snapshot) => snapshot.reasons ?? []))];
  const found = reasons.map((reason) => (reason === 'lag' ? ofLag(invalid) : other(reason)));
  const all = found.length > 0 ? found : [other('for an unknown reason')];
  return { off: all.map(({ off }) => off).join('; '), short: all.map(({ short }) => short).join('; '), matters: all.some(({ matters }) => matters) };
}

function ofLag(invalid) {
  const late = invalid.filter((snapshot) => snapshot.reasons.includes('lag'));
  const worst = late.reduce((most, snapshot) => (snapshot.lag_p99_ns > most.lag_p99_ns ? snapshot : most));
  const share = worst.response_p50_ns > 0 ? worst.lag_p99_ns / worst.response_p50_ns : Infinity;
  const ofMedian = Number.isFinite(share) ? `, ${format(share, 'percentunit', share < 0.1 ? 1 : 0)} of the median` : '';
  const short = `times up to ${duration(worst.lag_p99_ns / 1e6)} too long`;
  return { off: `the generator is late: ${short}${ofMedian}`, short, matters: late.some(matters) };
}

/** Without replies nothing is known. */
function matters(snapshot) {
  return !(snapshot.lag_p99_ns < MATTERS * snapshot.response_p50_ns);
}

/** Where nothing says by how much, it may be much. */
function other(reason) {
  if (reason !== 'cpu') return { off: reason, short: reason, matters: true };
  return { off: 'the generator uses over 80 % of the processors: times may be too long', short: 'generator short of CPU', matters: true };
}
