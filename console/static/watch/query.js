import * as api from '../api.js';
import { grid } from './period.js';
import { expand, legend } from './template.js';

/**
 * Asks what a panel shows.
 * @param {object} panel
 * @param {{from: number, to: number}} shown seconds since the epoch
 * @param {{context: () => object, width: number, scrape: number, store: object, signal: AbortSignal}} means
 *   context is that of the variables; width of the panel in pixels
 * @returns {Promise<{times: number[], frames: Frame[], step: number}>} times in seconds, the same for all frames;
 *   Frame = {name, labels, values: (number|null)[]}, of an instant query one value
 */
export async function ask(panel, shown, means) {
  const wanted = grid(shown, means.width, means.scrape);
  const context = { ...means.context(), range: shown.to - shown.from, interval: wanted.step, scrape: means.scrape };
  const targets = (panel.targets ?? []).map((target) => ({ target, expr: expanded(target, context) }));
  const times = [];
  for (let t = wanted.start; t <= wanted.end; t += wanted.step) times.push(t);
  const frames = await Promise.all(targets.map(({ target, expr }) => one(target, expr, { ...wanted, times, at: shown.to }, means)));
  means.store.forget(targets.map(({ expr }) => expr));
  return { times, frames: frames.flat(), step: wanted.step };
}

/**
 * The exemplars of a panel's targets that ask for them.
 * @returns {Promise<{id: string, time: number, value: number, labels: object}[]>} time in seconds
 */
export async function askExemplars(panel, shown, means) {
  const context = { ...means.context(), range: shown.to - shown.from, interval: means.scrape, scrape: means.scrape };
  const targets = (panel.targets ?? []).filter((t) => t.exemplar);
  const span = { start: shown.from, end: shown.to };
  const found = await Promise.all(targets.map((t) =>
    api.exemplars(expand(t.expr, context), span, means.signal).catch((error) => { throw failed(t, error, 'exemplars of '); })));
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
  return { refId: target.refId, name: legend(target.legendFormat, labels), labels, values, time };
}

/** Charts know a number or nothing. */
function number(value) {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** What a panel asks for, as far as its variables have values. */
export function expressions(panel, context) {
  return (panel.targets ?? []).flatMap((target) => {
    try {
      return [expand(target.expr, { range: 1, interval: 1, scrape: 1, ...context })];
    } catch {
      return []; // a panel that cannot ask says why in its own place
    }
  });
}

function expanded(target, context) {
  try {
    return expand(target.expr, context);
  } catch (error) {
    throw failed(target, error);
  }
}

function failed(target, error, what = '') {
  return new Error(`${what}query ${target.refId}: ${error.message}`, { cause: error });
}
