import * as api from './api.js';

/**
 * @typedef {object} Listener
 * @property {(state: RunState) => void} state
 * @property {(snapshot: Snapshot) => void} snapshot
 * @property {(error: api.ApiError) => void} down
 */

/** @type {Set<Listener>} */
const listeners = new Set();
/** @type {(() => void)|undefined} */
let close;
/** What a listener that comes later is told at once. @type {RunState|undefined} */
let known;

/**
 * Follows the generator while the page can be seen. All listeners share one stream, because a browser opens few
 * connections to one server. A hidden page closes it, since it would only fall behind, and opens it again when it is shown.
 * @param {Listener} to
 * @returns {() => void} ends it
 */
export function connect(to) {
  listeners.add(to);
  if (listeners.size === 1) document.addEventListener('visibilitychange', turn);
  if (close && known) to.state(known);
  turn();
  return () => {
    listeners.delete(to);
    if (listeners.size > 0) return;
    document.removeEventListener('visibilitychange', turn);
    shut();
  };
}

function turn() {
  if (document.hidden) shut();
  else close ??= api.watchGenerator(state, (snapshot) => { state(snapshot.state); tell((to) => to.snapshot(snapshot)); }, down);
}

function shut() {
  close?.();
  close = known = undefined;
}

function state(now) {
  known = now;
  tell((to) => to.state(now));
}

function down(error) {
  known = undefined;
  tell((to) => to.down(error));
}

/** @param {(to: Listener) => void} call */
function tell(call) {
  for (const to of [...listeners]) call(to);
}
