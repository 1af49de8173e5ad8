import * as api from './api.js';

const REFRESH = 5000; // ms
const GENERATOR = 'the load generator';

/**
 * Says which of the console's upstreams do not answer; empty while all do. A hidden page does not ask.
 * @param {HTMLElement} line
 */
export function health(line) {
  const ask = async () => {
    if (document.hidden) return;
    const text = [...new Set(await Promise.all(CHECKS.map(away)))].filter(Boolean).join(' · ');
    if (line.textContent !== text) line.textContent = text;
  };
  setInterval(ask, REFRESH);
  document.addEventListener('visibilitychange', ask);
  ask();
}

/** @type {[string, () => Promise<any>][]} */
const CHECKS = [
  ['Prometheus', () => api.query('vector(1)')],
  ['the trace store', () => api.traceServices()],
  [GENERATOR, () => api.generator()],
];

async function away([name, ask]) {
  try {
    await ask();
    return '';
  } catch (error) {
    if (error.status === 404) return ''; // this lab runs without it
    if (error.status === 503 && name === GENERATOR) return error.message; // how it ended
    return error.status === 0 ? error.message : `${name} does not answer`;
  }
}
