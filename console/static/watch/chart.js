/** What all charts over time share: axis, crosshair, zoom, marks, dots, theme, size. */
import uPlot from '../vendor/uplot/uPlot.esm.js';
import { dots } from './dots.js';
import { ink } from './fields.js';
import { drawMarks, markAt } from './markdraw.js';

const FONT = '11px system-ui, sans-serif';
const LEAST = 40; // pixels, of a chart that has no room
const TICK = 56; // pixels between two labels of the time axis
const SELECTION = 6; // pixels; a shorter drag is a click

/**
 * @typedef {object} Spec
 * @property {uPlot.AlignedData} data
 * @property {uPlot.Series[]} series without the first, which is the time
 * @property {uPlot.Scale} y
 * @property {uPlot.Axis} yAxis
 * @property {uPlot.Band[]} [bands]
 * @property {(plot: uPlot) => void} [under] draws below the series
 * @property {(plot: uPlot) => void} [draw] draws above them
 * @property {(plot: uPlot, index: number, top: number) => TipRow[]} rows of the tooltip
 * @property {(plot: uPlot, exemplar: Exemplar) => number} place y in pixels
 */

/**
 * Makes a chart.
 * @param {HTMLElement} host gives it its size
 * @param {Shared} shared
 * @param {Spec} spec
 * @returns {{plot: uPlot, redraw: () => void, update: (data: any[]) => void, exemplars: (all: Exemplar[]) => void, end: () => void}}
 */
export function chart(host, shared, spec) {
  /** @type {{dots?: ReturnType<typeof dots>}} */
  const cover = {};
  const plot = new uPlot({
    ...size(host), series: [{}, ...spec.series], bands: spec.bands ?? [], legend: { show: false },
    scales: { x: { time: true, range: () => bounds(shared) }, y: spec.y },
    axes: [timeAxis(), valueAxis(spec.yAxis)],
    cursor: cursor(shared), padding: [8, 20, 0, 0],
    hooks: {
      drawClear: [(u) => spec.under?.(u)],
      draw: [(u) => spec.draw?.(u), (u) => drawMarks(u, shared.marks()), () => cover.dots?.place()],
      setCursor: [(u) => hover(u, shared, spec)],
      setSelect: [(u) => select(u, shared)],
    },
  }, spec.data, host);
  const links = dots(plot.over, (e) => [plot.valToPos(e.time, 'x'), spec.place(plot, e)], shared.tip);
  cover.dots = links;
  const watch = new ResizeObserver(() => plot.setSize(size(host)));
  watch.observe(host);
  const redraw = () => plot.redraw(false, true);
  window.addEventListener('loadlab:theme', redraw);
  plot.over.addEventListener('mouseleave', shared.tip.hide);
  return {
    plot, redraw,
    update: (data) => plot.setData(data),
    exemplars: (all) => links.update(all, shared.shown()),
    end: () => {
      watch.disconnect();
      window.removeEventListener('loadlab:theme', redraw);
      plot.destroy();
    },
  };
}

function size(host) {
  return { width: Math.max(LEAST, host.clientWidth), height: Math.max(LEAST, host.clientHeight) };
}

/** @returns {[number, number]} */
function bounds(shared) {
  const { from, to } = shared.shown();
  return [from, to];
}

function common() {
  const line = () => ink('var(--line)');
  return {
    stroke: () => ink('var(--muted)'), font: FONT,
    grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 },
  };
}

/** @param {uPlot.Axis} axis @returns {uPlot.Axis} */
function valueAxis({ grid, ticks, ...own }) {
  const base = common();
  return { ...base, size: width, ...own, grid: { ...base.grid, ...grid }, ticks: { ...base.ticks, ...ticks } };
}

function timeAxis() {
  return { ...common(), space: TICK, size: 26, values: (u, splits, axis, space, step) => splits.map((s) => clock(s, step)) };
}

/** The time of day, with seconds where labels stand closer than a minute. */
function clock(seconds, step) {
  /** @type {Intl.DateTimeFormatOptions} */
  const style = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(step < 60 ? { second: '2-digit' } : {}) };
  return new Intl.DateTimeFormat('en', style).format(seconds * 1000);
}

/** Room for the longest label, in steps, so that the chart does not move with each new number. */
function width(u, labels, index, cycle) {
  if (cycle > 1) return u.axes[index]._size;
  const longest = Math.max(0, ...(labels ?? []).map((label) => (label ?? '').length));
  return Math.ceil((longest * 6.4 + 14) / 8) * 8;
}

/** @returns {uPlot.Cursor} */
function cursor(shared) {
  const moves = (type) => type === 'mousemove' || type === 'mouseleave';
  return {
    y: false, points: { size: 6, width: 1 }, drag: { x: true, y: false, setScale: false },
    bind: { dblclick: () => () => null },
    sync: { key: shared.sync, setSeries: false, scales: ['x', null], filters: { pub: moves, sub: moves } },
  };
}

function select(u, shared) {
  const { left, width: wide } = u.select;
  if (wide < SELECTION) return;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  shared.tip.hide();
  shared.zoom(u.posToVal(left, 'x'), u.posToVal(left + wide, 'x'));
}

/** The tooltip is that of the chart under the pointer; the others show the line only. */
function hover(u, shared, spec) {
  const { left, top, idx } = u.cursor;
  if (!u.over.matches(':hover') || u.over.querySelector('.exemplar:hover')) return;
  if (left < 0 || idx === null || idx === undefined) {
    shared.tip.hide();
    return;
  }
  const box = u.over.getBoundingClientRect();
  const mark = markAt(u, shared.marks(), left);
  const rows = [...spec.rows(u, idx, top), ...mark];
  if (rows.length > 0) shared.tip.show(box.left + left, box.top + top, clock(u.data[0][idx], 1), rows);
  else shared.tip.hide();
}
