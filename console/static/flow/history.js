/**
 * Remembers the last readings of a path, so that it can be shown what it was like when there was traffic.
 *
 * When traffic ends, the rates fall for as long as the window of the queries, though the load was what it was
 * until its end. So the last known reading is the newest one from before that fall.
 * @param {number} window seconds
 */
export function history(window) {
  /** @type {PastReading[]} */
  let kept = []; // of the time with traffic, oldest first
  return {
    /** @param {number} time seconds since the epoch @param {Reading} reading */
    add(time, reading) {
      if (reading.kind === 'idle' || reading.kind === 'stuck') return;
      const last = kept.at(-1);
      if (last && (time - last.time > 3 * window || last.reading.kind !== reading.kind)) kept = [];
      kept.push({ time, reading });
      while (kept.length > 1 && kept[1].time <= time - window) kept.shift();
    },
    /** @returns {PastReading|null} */
    last() {
      return kept[0] ?? null;
    },
  };
}
