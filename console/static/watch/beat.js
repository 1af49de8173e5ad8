import { query } from '../api.js';

const LATER = 0.02; // seconds; scrapes come that much too late at times

/**
 * Learns when Prometheus scrapes the load generator, whose change a reader waits for.
 * @param {number} scrape seconds between two scrapes
 * @returns {Promise<Beat>} phase is the time of a scrape, modulo the interval, in seconds
 */
export async function beat(scrape) {
  const found = await query('max(timestamp(up{job="loadgen"}))').catch(() => []); // any phase serves
  const at = (found[0]?.value[1] ?? 0) + LATER;
  return { scrape, phase: Math.round((at % scrape) * 1000) / 1000 };
}
