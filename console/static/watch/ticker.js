/**
 * Repeats something while the page can be seen: a run begins a while after the one before has begun, and never
 * before it has ended.
 * @param {() => Promise<void>} run
 * @param {() => number} every seconds
 * @returns {{start: () => void, now: () => void, stop: () => void}} now runs at once, beside a run that is under way
 */
export function ticker(run, every) {
  let timer = 0;
  let turn = 0;
  const tick = async () => {
    const mine = ++turn;
    clearTimeout(timer);
    if (document.hidden) return;
    const begun = performance.now();
    await run();
    if (mine !== turn) return;
    timer = setTimeout(tick, Math.max(200, every() * 1000 - (performance.now() - begun)));
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
