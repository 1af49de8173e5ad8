import * as api from '../api.js';

/**
 * Follows the generator while the page can be seen. A hidden page closes the stream, since it would only
 * fall behind, and opens it again when it is shown.
 * @param {{state: Function, snapshot: Function, down: Function}} to receives State, Snapshot (which holds a State), Error
 * @returns {() => void} ends it
 */
export function connect(to) {
  let close = null;
  const open = () => {
    close ??= api.watchGenerator(
      (state) => to.state(state),
      (snapshot) => { to.state(snapshot.state); to.snapshot(snapshot); },
      (error) => to.down(error));
  };
  const shut = () => { close?.(); close = null; };
  const turn = () => (document.hidden ? shut() : open());
  document.addEventListener('visibilitychange', turn);
  turn();
  return () => { document.removeEventListener('visibilitychange', turn); shut(); };
}
