const KEY = 'loadlab.search';

/** Keeps the hash of a search for the way back from a trace. */
export function keepSearch(hash) {
  try {
    sessionStorage.setItem(KEY, hash);
  } catch { /* the way back then leads to an empty form */ }
}

/** @returns {string} the hash of the search that was made last in this session */
export function lastSearch() {
  try {
    return sessionStorage.getItem(KEY) ?? '#/traces';
  } catch {
    return '#/traces';
  }
}
