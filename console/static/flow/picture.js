import { svg } from '../dom.js';
import { duration } from '../format.js';
import { ticks } from '../traces/ticks.js';
import { lane, LANE_HEIGHT } from './lane.js';
import { PATHS } from './measure.js';

const AXIS_HEIGHT = 26;
const EMPTY = 50; // ms on the scale while there is nothing to show
const EASE = 0.25; // of the way to a new scale at each update: lanes do not jump when one request was slow

/**
 * Both paths in one picture, whose widths mean time on one scale.
 * @returns {{element: Element, show: (shown: ShownReading[]) => void, advance: (ms: number) => void, still: () => void, resize: (px: number) => void,
 *   readonly longest: number}} show takes one for each path; longest in ms
 */
export function picture() {
  const lanes = PATHS.map((path, i) => lane(path, i * LANE_HEIGHT));
  const axis = svg('g', { class: 'flow-axis' });
  const height = PATHS.length * LANE_HEIGHT + AXIS_HEIGHT;
  const element = svg('svg', { class: 'flow-picture', height, role: 'img', 'aria-label': 'where the time of a request goes, on the IO path and on the CPU path' },
    lanes.map((l) => l.element), axis);
  /** @type {{width: number, longest: number, shown: ShownReading[]}} */
  const view = { width: 800, longest: 0, shown: [] };
  const draw = () => {
    if (view.shown.length === 0) return;
    const left = view.width < 560 ? 86 : 104;
    const box = { left, right: view.width - 12, longest: view.longest };
    lanes.forEach((l, i) => l.show(view.shown[i], box));
    drawAxis(axis, box, height - AXIS_HEIGHT);
  };
  return {
    element,
    show(shown) {
      view.shown = shown;
      const most = Math.max(...shown.map((s) => s.reading.total)) || EMPTY;
      const near = view.longest > 0 && most < 2 * view.longest && most <= view.longest;
      view.longest = near ? view.longest + EASE * (most - view.longest) : most;
      draw();
    },
    resize(width) {
      view.width = Math.max(280, Math.floor(width));
      element.setAttribute('viewBox', `0 0 ${view.width} ${height}`);
      element.setAttribute('width', String(view.width));
      draw();
    },
    advance: (ms) => lanes.forEach((l) => l.advance(ms, view.longest)),
    still: () => lanes.forEach((l) => l.still()),
    get longest() { return view.longest; },
  };
}

/** The scale below, with round numbers. */
function drawAxis(axis, box, top) {
  const width = box.right - box.left;
  const marks = ticks(box.longest, Math.max(2, Math.floor(width / 110))).map((at) => {
    const x = box.left + width * at / box.longest;
    const anchor = at === 0 ? 'start' : x > box.right - 24 ? 'end' : 'middle';
    return [svg('line', { x1: x, x2: x, y1: top, y2: top + 5 }), svg('text', { x, y: top + 18, 'text-anchor': anchor }, at === 0 ? '0' : duration(at))];
  });
  axis.replaceChildren(svg('line', { x1: box.left, x2: box.right, y1: top, y2: top }), ...marks.flat());
}
