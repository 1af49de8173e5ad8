import { svg } from '../dom.js';
import { duration, number } from '../format.js';
import { dots } from './dots.js';
import { OWN } from './measure.js';

/** Height of one path in the picture, in px. */
export const LANE_HEIGHT = 132;

const TRACK = { top: 42, height: 24 };
const FRAME = { top: 34, height: 50 };
const MIDDLE = TRACK.top + TRACK.height / 2;
const RAIL = 75; // y of the dots
const BACK = 104; // y of the way back
const LETTER = 7.4; // px, about the width of a letter of the labels

/** The stretches of a lane in the order of time; half of the network time is on the way there, half on the way back. */
const STRETCHES = [
  { part: 'lag', share: 1 }, { part: 'blocked', share: 1 }, { part: 'connect', share: 1 }, { part: 'network', share: 0.5 }, { part: 'unattributed', share: 1 },
  { part: 'entry', share: 1 },
  { part: 'queue', share: 1 }, { part: 'cpu', share: 1 }, { part: 'wait', share: 1 }, { part: 'network', share: 0.5 },
];

/**
 * One path from the generator to the service and back.
 * @param {{id: string, label: string, service: string}} path
 * @param {number} top y in the picture
 * @returns {{element: Element, show: Function, advance: Function, still: Function}} show takes {reading, faded} and
 *   {left, right, longest}: where the scale begins and ends, in px, and how long it is, in ms
 */
export function lane(path, top) {
  const moving = dots(RAIL);
  const drawn = elements(path);
  const element = svg('g', { class: 'lane', 'data-path': path.id, transform: `translate(0 ${top})` },
    svg('text', { class: 'lane-title', x: 0, y: 18 }, path.label), Object.values(drawn).flat().map((e) => ('bar' in e ? e.bar : e)),
    drawn.stretches.map((s) => s.label), moving.element);
  const show = ({ reading, faded }, box) => {
    const scale = (box.right - box.left) / box.longest;
    element.classList.toggle('faded', faded);
    moving.set({ from: box.left, scale, total: reading.total, rate: faded ? 0 : reading.rate });
    const middle = drawGenerator(drawn, reading, box.left - 14);
    const ends = drawStretches(drawn.stretches, reading.parts, box.left, scale);
    drawService(drawn, ends.service, box, reading, path);
    drawBack(drawn, ends.end, middle, reading);
    drawn.answer.textContent = result(path, reading, moving.each());
  };
  return { element, show, advance: moving.advance, still: moving.still };
}

/** What is drawn, in the order from back to front. */
function elements(path) {
  return {
    station: svg('rect', { class: 'station', x: 1, y: FRAME.top, height: FRAME.height, rx: 5 }),
    generator: svg('text', { y: MIDDLE - 4, 'text-anchor': 'middle' }, 'generator'),
    rate: svg('text', { class: 'rate', y: MIDDLE + 16, 'text-anchor': 'middle' }),
    back: svg('path', { class: 'way-back' }),
    arrow: svg('path', { class: 'arrow' }),
    answer: svg('text', { class: 'answer', y: BACK + 16 }),
    frame: svg('rect', { class: 'station service', y: FRAME.top, height: FRAME.height, rx: 5 }),
    name: svg('text', { class: 'service-name', y: FRAME.top - 6 }, path.service),
    stretches: STRETCHES.map(({ part }) => ({
      bar: svg('rect', { class: `stretch fill-${part}`, y: TRACK.top, height: TRACK.height }),
      label: svg('text', { class: `stretch-label of-${part}`, y: MIDDLE + 4, 'text-anchor': 'middle' }),
    })),
  };
}

/** @returns {number} x of the generator's middle */
function drawGenerator({ station, generator, rate }, reading, width) {
  const middle = 1 + width / 2;
  station.setAttribute('width', width);
  for (const text of [generator, rate]) text.setAttribute('x', middle);
  rate.textContent = reading.kind === 'direct' ? `${number(reading.rate)}/s` : '–';
  return middle;
}

/** The way of the answer, where the generator gets one. */
function drawBack({ back, arrow, answer }, end, middle, reading) {
  const bottom = FRAME.top + FRAME.height;
  const visible = reading.kind === 'direct';
  back.setAttribute('d', visible ? `M${end} ${RAIL} V${BACK} H${middle} V${bottom + 7}` : '');
  arrow.setAttribute('d', visible ? `M${middle - 5} ${bottom + 9} h10 l-5 -8 z` : '');
  answer.setAttribute('x', middle + 8);
}

function result(path, reading, each) {
  const crowd = each > 1 ? ` · one dot is ${each} requests` : '';
  const texts = { direct: `reply after ${duration(reading.total)}${crowd}`, inner: `${duration(reading.total)} in ${path.service}${crowd}` };
  return texts[reading.kind] ?? '';
}

/** @returns {{service: {from: number, to: number}, end: number}} where the service and the lane end, in px */
function drawStretches(stretches, parts, left, scale) {
  const service = { from: NaN, to: NaN };
  let x = left;
  STRETCHES.forEach(({ part, share }, i) => {
    const ms = (parts[part] ?? 0) * share;
    const width = ms * scale;
    const { bar, label } = stretches[i];
    bar.setAttribute('x', x);
    bar.setAttribute('width', Math.max(0, width));
    const full = `${part} ${duration(ms)}`;
    const text = [full, part].find((t) => t.length * LETTER < width - 8) ?? '';
    label.setAttribute('x', x + width / 2);
    label.textContent = text;
    if (part === OWN[0]) service.from = x;
    x += width;
    if (part === OWN.at(-1)) service.to = x;
  });
  return { service, end: x };
}

/** The frame around what the service accounts for; through the gateway, that includes the gateway's own parts. */
function drawService({ frame, name }, { from, to }, box, reading, path) {
  const visibility = reading.total > 0 ? 'visible' : 'hidden';
  const width = Math.max(10, to - from + 6);
  frame.setAttribute('x', from - 3);
  frame.setAttribute('width', width);
  frame.setAttribute('visibility', visibility);
  const proxied = reading.kind === 'direct' && reading.calls >= reading.rate / 2;
  name.textContent = proxied ? `gateway and ${path.service}` : path.service;
  const room = name.textContent.length * LETTER;
  name.setAttribute('x', Math.max(box.left, Math.min(from, box.right - room - 4)));
  name.setAttribute('visibility', visibility);
}
