const KEY = 'loadlab.marks';
const MOST = 50;

/**
 * Says that something was changed now, for those who mark it on their charts: by the event `loadlab:mark`, and
 * in the session's storage for those who come later.
 * @param {string} text
 */
export function mark(text) {
  const detail = { time: Date.now() / 1000, text };
  try {
    const earlier = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    sessionStorage.setItem(KEY, JSON.stringify([...earlier, detail].slice(-MOST)));
  } catch { /* without storage only those who listen now learn of it */ }
  window.dispatchEvent(new CustomEvent('loadlab:mark', { detail }));
}
