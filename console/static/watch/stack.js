/**
 * Puts series that are stacked on top of each other.
 * @param {{name: string, values: (number|null)[], field: object}[]} frames
 * @param {Set<string>} hidden names of those that are not shown and carry nothing
 * @returns {{data: (number|null)[][], bands: {series: [number, number]}[]}} what to draw; each band lies between a
 *   series and the one below it, by uPlot's numbers, which begin at 1
 */
export function stack(frames, hidden) {
  const below = new Map();
  const bands = [];
  const data = frames.map((frame, i) => {
    const group = groupOf(frame);
    if (!group || hidden.has(frame.name)) return frame.values;
    const base = below.get(group);
    const values = base ? add(base.values, frame.values) : frame.values;
    if (base) bands.push({ series: [i + 1, base.index] });
    below.set(group, { values, index: i + 1 });
    return values;
  });
  return { data, bands };
}

function groupOf({ field }) {
  const { mode = 'none', group = 'A' } = field.custom.stacking ?? {};
  return mode === 'normal' ? group : null;
}

/** A series that is missing at a time adds nothing there; where all are missing there is a gap. */
function add(base, values) {
  return values.map((v, i) => (v === null && base[i] === null ? null : (v ?? 0) + (base[i] ?? 0)));
}
