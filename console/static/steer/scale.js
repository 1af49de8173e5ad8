/**
 * A logarithmic scale for a slider.
 * @param {{low: number, high: number, steps: number, whole: boolean}} of low above 0
 */
export function logarithmic({ low, high, steps, whole }) {
  const ratio = Math.log(high / low);
  return {
    /** @returns {number} the step, 0 to `steps`, that is nearest to `value`; beyond the ends, the end */
    step: (value) => Math.round(steps * Math.log(Math.min(high, Math.max(low, value)) / low) / ratio),
    /** @returns {number} the value at a step, rounded to two digits so that a slider gives round numbers */
    value: (step) => neat(low * Math.exp(ratio * step / steps), whole),
  };
}

function neat(value, whole) {
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  const rounded = value >= 10 ? Math.round(value / digits) * digits : Math.round(value * 10) / 10;
  return whole ? Math.max(1, Math.round(rounded)) : rounded;
}
