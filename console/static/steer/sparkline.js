import { svg } from '../dom.js';

const WIDTH = 120;
const HEIGHT = 28;
const KEPT = 60; // snapshots, one a second

/**
 * A small line of the last minute. It is decoration: the number is next to it.
 * @returns {{element: Element, add: (value: number) => void, clear: () => void}}
 */
export function sparkline() {
  const line = svg('polyline', { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5, 'vector-effect': 'non-scaling-stroke' });
  const element = svg('svg', {
    class: 'sparkline', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true',
  }, line);
  let values = [];
  const draw = () => {
    const most = Math.max(...values, Number.MIN_VALUE);
    const step = WIDTH / (KEPT - 1);
    const first = KEPT - values.length;
    line.setAttribute('points', values.map((v, i) =>
      `${((first + i) * step).toFixed(1)},${(HEIGHT - 2 - (HEIGHT - 4) * v / most).toFixed(1)}`).join(' '));
  };
  return {
    element,
    add(value) {
      values = [...values, Number.isFinite(value) ? value : 0].slice(-KEPT);
      draw();
    },
    clear() { values = []; draw(); },
  };
}
