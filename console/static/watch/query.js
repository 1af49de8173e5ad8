import * as api from '../api.js';
import { targets } from './expansion.js';
import { grid } from './period.js';
import { seriesName } from './seriesname.js';

/**
 * @typedef {object} Means
 * @property {Shared['queries']} queries of the dashboard, for the reader's values
 * @property {number} width of the panel in pixels
 * @property {number} scrape seconds
 * @property {Store} store
 * @property {AbortSignal} signal
 */

/**
 * Asks what a panel shows.
 * @param {Panel} panel
 * @param {Shown} shown
 * @param {Means} means
 * @returns {Promise<{times: number[], frames: Frame[], step: number}>} times in seconds, the same for all frames; of an
 *   instant query, a frame has one value
 */
export async function ask(panel, shown, means) {
  const wanted = grid(shown, means.width, means.scrape);
  const all = targets(panel, await means.queries({ range: shown.to - shown.from, interval: wanted.step }));
  const times = [];
  for (let t = wanted.start; t <= wanted.end; t += wanted.step) times.push(t);
  const frames = await Promise.all(all.map(({ target, expr }) => one(target, expr, { ...wanted, times, at: shown.to }, means)));
  means.store.forget(all.map(({ expr }) => expr));
  return { times, frames: frames.flat(), step: wanted.step };
}

/**
 * The exemplars of a panel's targets that ask for them.
 * @param {Panel} panel
 * @param {Shown} shown
 * @param {Means} means
 * @returns {Promise<Exemplar[]>} time in seconds
 */
export async function askExemplars(panel, shown, means) {
  const all = targets(panel, await means.queries({ range: shown.to - shown.from, interval: means.scrape }));
  const span = { start: shown.from, end: shown.to };
  const found = await Promise.all(all.filter(({ target }) => target.exemplar).map(({ target, expr }) =>
    api.exemplars(expr, span, means.signal).catch((error) => { throw failed(target, error, 'exemplars of '); })));
  return found.flat().flatMap(({ seriesLabels, exemplars }) => exemplars.map((e) => ({
    id: e.labels.trace_id ?? e.labels.traceID ?? '', time: e.timestamp, value: e.value, labels: seriesLabels,
  }))).filter((e) => e.id && Number.isFinite(e.value));
}

async function one(target, expr, wanted, { store, signal }) {
  try {
    if (target.instant) {
      const found = await api.query(expr, wanted.at, signal);
      return found.map(({ metric, value }) => frame(target, metric, [value[1]], value[0]));
    }
    const found = await store.range(expr, wanted, signal);
    return found.map(({ metric, points }) =>
      frame(target, metric, wanted.times.map((t) => number(points.get(Math.round(t * 1000))))));
  } catch (error) {
    throw failed(target, error);
  }
}

function frame(target, labels, values, time = 0) {
  return { refId: target.refId, name: seriesName(target.legendFormat, labels), labels, values, time };
}

/** Charts know a number or nothing. */
function number(value) {
  return value === undefined || Number.isNaN(value) ? null : value;
}

function failed(target, error, what = '') {
  return new Error(`${what}query ${target.refId}: ${error.message}`, { cause: error });
}
