/**
 * Makes rows of a histogram's cumulative series: what lies between a bucket's bound and the one below.
 * @param {Frame[]} frames a series for each upper bound `le`
 * @param {number} least counts up to this are none
 * @returns {{bounds: number[], rows: (number|null)[][], most: number}} upper bounds in ascending order, the counts
 *   of each by time, and the greatest of them
 */
export function buckets(frames, least) {
  const sorted = frames.filter((f) => f.labels.le !== undefined)
    .map((f) => ({ bound: f.labels.le === '+Inf' ? Infinity : Number(f.labels.le), values: f.values }))
    .sort((a, b) => a.bound - b.bound);
  let most = 0;
  const rows = sorted.map(({ values }, i) => values.map((v, t) => {
    if (v === null) return null;
    const count = v - (sorted[i - 1]?.values[t] ?? 0);
    if (!(count > least)) return null;
    most = Math.max(most, count);
    return count;
  }));
  return { bounds: sorted.map((s) => s.bound), rows, most: most || 1 };
}
