import * as api from '../api.js';
import { knowledge, SILENT, silence } from '../silence.js';

const SCRAPES = 5; // in the window of a rate

/**
 * Keeps which services do not answer Prometheus.
 * @param {number} scrape seconds between two scrapes
 * @returns {{refresh: (time: number, signal: AbortSignal) => Promise<void>, of: (jobs: string[]) => [string, string][]}}
 *   refresh takes seconds since the epoch; of gives those of the jobs that are silent, each with a sentence
 */
export function silences(scrape) {
  /** @type {Map<string, string>} */
  let known = new Map();
  const refresh = async (time, signal) => {
    const silent = (await api.query(SILENT, time, signal)).map(({ metric }) => metric.job);
    const sentences = await Promise.all(silent.map(async (job) => silence(job, await facts(job, time, scrape, signal))));
    known = new Map(silent.map((job, i) => [job, sentences[i]]));
  };
  return { refresh, of: (jobs) => [...known].filter(([job]) => jobs.includes(job)) };
}

async function facts(job, time, scrape, signal) {
  const expr = knowledge(job, Math.max(10, SCRAPES * scrape));
  const found = expr ? await api.query(expr, time, signal) : [];
  return Object.fromEntries(found.map(({ metric, value }) => [metric.what, value[1]]));
}
