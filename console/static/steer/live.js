import * as api from '../api.js';

/**
 * Follows the generator while the page can be seen. A hidden page closes the stream, since it would only
 * fall behind, and opens it again when it is shown.
 * @param {{state: (state: RunState) => void, snapshot: (snapshot: Snapshot) => void, down: (error: api.ApiError) => void}} to
 * @returns {() => void} ends it
 */
export function connect(to) {
  /** @type {(() => void)|undefined} */
  let close;
  const open = () => {
    close ??= api.watchGenerator(
      (state) => to.state(state),
      (snapshot) => { to.state(snapshot.state); to.snapshot(snapshot); },
      (error) => to.down(error));
  };
  const shut = () => { close?.(); close = undefined; };
  const turn = () => (document.hidden ? shut() : open());
  document.addEventListener('visibilitychange', turn);
  turn();
  return () => { document.removeEventListener('visibilitychange', turn); shut(); };
}
