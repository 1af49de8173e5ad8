/** What Grafana calls calculations: a series made to one number. */

const CALCS = {
  lastNotNull: ['Last', (v) => v.at(-1)],
  last: ['Last', (v) => v.at(-1)],
  mean: ['Mean', (v) => v.reduce((sum, x) => sum + x, 0) / v.length],
  max: ['Max', (v) => v.reduce((a, b) => Math.max(a, b))],
  min: ['Min', (v) => v.reduce((a, b) => Math.min(a, b))],
  sum: ['Total', (v) => v.reduce((sum, x) => sum + x, 0)],
};

/** The heading of a calculation. @param {string} calc Grafana's id */
export function title(calc) {
  return CALCS[calc]?.[0] ?? calc;
}

/**
 * Makes a series to one number.
 * @param {(number|null)[]} values null where there is none
 * @returns {number|null} null without any value
 */
export function reduce(values, calc) {
  const there = values.filter((v) => v !== null && !Number.isNaN(v));
  return there.length > 0 && CALCS[calc] ? CALCS[calc][1](there) : null;
}
