import { svg } from '../dom.js';

const MOST = 40; // dots of a lane; above that each is several requests
const LEAST = 4;
const ROOM = 11; // px that a dot needs
const CROSSING = 3000; // ms for the longest lane, if it really takes less

/**
 * Requests as dots, in slow motion: as many dots are under way as requests are, and as many pass as requests do.
 * @param {number} y of the lane's middle, in px
 */
export function dots(y) {
  const element = svg('g', { class: 'dots', 'aria-hidden': 'true' });
  const circles = [];
  let flow = { from: 0, scale: 0, total: 0, rate: 0 };
  let under = []; // where each dot is, in ms of the request's time
  let due = 0; // of the next dot, 0 to 1

  const most = () => Math.max(LEAST, Math.min(MOST, Math.floor(flow.total * flow.scale / ROOM)));
  const inFlight = () => flow.rate * flow.total / 1000;
  const each = () => Math.max(1, Math.ceil(inFlight() / most())); // requests per dot
  const spread = () => {
    const count = Math.round(inFlight() / each());
    under = Array.from({ length: count }, (_, i) => flow.total * (i + 0.5) / count);
  };
  const draw = () => {
    while (circles.length < under.length) {
      circles.push(svg('circle', { r: 4, cy: y }));
      element.append(circles.at(-1));
    }
    circles.forEach((circle, i) => {
      const shown = i < under.length;
      circle.setAttribute('visibility', shown ? 'visible' : 'hidden');
      if (shown) circle.setAttribute('cx', flow.from + under[i] * flow.scale);
    });
  };
  return {
    element,
    each,
    /** @param {{from: number, scale: number, total: number, rate: number}} next px, px per ms, ms, requests per second */
    set(next) {
      const begins = flow.rate === 0 && next.rate > 0;
      flow = next;
      if (begins) spread();
    },
    /**
     * Moves the dots.
     * @param {number} ms since the last call
     * @param {number} longest ms that the longest lane takes
     */
    advance(ms, longest) {
      const step = ms / slowness(longest);
      under = under.map((at) => at + step).filter((at) => at < flow.total);
      due += step / 1000 * flow.rate / each();
      if (due >= 1 && under.length <= most()) under.push(0);
      due %= 1;
      draw();
    },
    /** Draws them evenly spread and without motion. */
    still() {
      spread();
      draw();
    },
  };
}

/** How many times slower than the requests the dots move. */
export function slowness(longest) {
  return longest > 0 ? Math.max(1, CROSSING / longest) : 1;
}
