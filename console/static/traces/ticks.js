/** The next of ..., 1, 2, 5, 10, 20, ... that is not below `value`, which is above 0. */
export function round(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5].map((m) => m * power).find((v) => v >= value * 0.999) ?? 10 * power;
}

/**
 * Round places on an axis from 0 to `length`.
 * @param {number} length above 0, of any unit
 * @param {number} most places besides 0
 * @returns {number[]} ascending, 0 first
 */
export function ticks(length, most) {
  const step = round(length / most);
  return Array.from({ length: Math.floor(length / step * 1.0001) + 1 }, (_, i) => i * step);
}
