/**
 * Repeats something while the page can be seen: a run begins a while after the one before has ended.
 * @param {() => Promise<void>} run
 * @param {() => number} wait seconds from the end of a run to the next
 * @returns {{start: () => void, now: () => void, stop: () => void}} now runs at once, in addition to a run in progress
 */
export function ticker(run, wait) {
  let timer = 0;
  let turn = 0;
  const tick = async () => {
    const mine = ++turn;
    clearTimeout(timer);
    if (document.hidden) return;
    await run();
    if (mine === turn) timer = setTimeout(tick, wait() * 1000);
  };
  const start = () => {
    document.addEventListener('visibilitychange', tick);
    tick();
  };
  const stop = () => {
    turn++;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', tick);
  };
  return { start, now: tick, stop };
}
