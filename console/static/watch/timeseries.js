import uPlot from '../vendor/uplot/uPlot.esm.js';
import { format } from '../format.js';
import { chart } from './chart.js';
import { color, faint, field, ink, lines, text } from './fields.js';
import { legendOf } from './legend.js';
import { stack } from './stack.js';
import { h } from '../dom.js';

/** A logarithmic axis has lines and labels at whole powers of ten only. */
const decades = (u, splits) => splits.map((v) => (Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9 ? v : null));
const DECADES = { space: 18, filter: decades, grid: { filter: decades }, ticks: { filter: decades } };

/** Bytes are counted in powers of two, so that is where their lines stand. */
const BYTES = Array.from({ length: 50 }, (_, i) => 2 ** i);

/**
 * Draws lines and areas over time.
 * @param {HTMLElement} body of the panel
 * @param {Panel} panel
 * @param {Shared} shared
 * @returns {Drawn}
 */
export function timeseries(body, panel, shared) {
  const host = h('div', { class: 'chart', role: 'group', 'aria-label': `Chart: ${panel.title}` });
  const hidden = new Set();
  const state = { panel, shared, host, hidden, drawn: /** @type {ReturnType<typeof chart>|undefined} */ (undefined), names: '', frames: /** @type {StyledFrame[]} */ ([]), times: [], exemplars: /** @type {Exemplar[]} */ ([]) };
  const legend = legendOf(panel.options?.legend, (name) => {
    if (!hidden.delete(name)) hidden.add(name);
    show(state);
    legend.update(state.frames, hidden);
  });
  body.classList.toggle('legend-right', panel.options?.legend?.placement === 'right');
  body.append(host, legend.element);
  return {
    update: ({ times, frames }) => {
      Object.assign(state, { times, frames: frames.map((f) => styled(f, panel)) });
      legend.update(state.frames, hidden);
      show(state);
    },
    exemplars: (all) => {
      state.exemplars = all;
      state.drawn?.exemplars(all);
    },
    redraw: () => state.drawn?.redraw(),
    end: () => state.drawn?.end(),
  };
}

function styled(frame, panel) {
  const one = field(panel, frame.name);
  return { ...frame, field: one, color: color(null, one) };
}

/** Draws what is known. Only a change of the series makes a new chart; new numbers and hidden series do not. */
function show(state) {
  const { frames, times, hidden, host, shared } = state;
  const stacked = stack(frames, hidden);
  const log = logarithmic(field(state.panel, ''));
  const data = [times, ...stacked.data.map((values, i) => values.map((v) => onAxis(v, log, frames[i].field)))];
  const names = JSON.stringify(frames.map((f) => f.name));
  if (!state.drawn || names !== state.names) {
    state.drawn?.end();
    state.names = names;
    state.drawn = chart(host, shared, spec(state, data, stacked.bands));
    state.drawn.exemplars(state.exemplars);
    hide(state.drawn.plot, frames, hidden);
    return;
  }
  const { plot } = state.drawn;
  plot.batch(() => {
    plot.delBand(null);
    for (const band of stacked.bands) plot.addBand(band);
    hide(plot, frames, hidden);
    plot.setData(data);
  });
}

function hide(plot, frames, hidden) {
  frames.forEach((frame, i) => {
    const wanted = !hidden.has(frame.name);
    if (plot.series[i + 1].show !== wanted) plot.setSeries(i + 1, { show: wanted });
  });
}

function logarithmic(one) {
  return one.custom.scaleDistribution?.type === 'log';
}

/** Infinity has no place on an axis, and what is not above 0 none on a logarithmic one, unless it carries others there. */
function onAxis(value, log, one) {
  if (!Number.isFinite(value)) return null;
  if (!log || value > 0) return value;
  return one.custom.stacking?.mode === 'normal' ? one.min / 10 : null;
}

/** @returns {import('./chart.js').Spec} */
function spec(state, data, bands) {
  const { panel, frames } = state;
  const base = field(panel, '');
  const log = logarithmic(base);
  return {
    data, bands, series: frames.map(line),
    y: { distr: log ? 3 : 1, log: base.custom.scaleDistribution?.log ?? 10, range: (u, min, max) => range(base, log, min, max) },
    yAxis: { values: (u, splits) => splits.map((v) => (v === null ? '' : format(v, base.unit))), ...spacing(log, base.unit) },
    draw: (u) => drawThresholds(u, base),
    rows: (u, idx) => rows(state, idx),
    place: (u, e) => u.valToPos(Math.max(e.value, u.scales.y.min ?? -Infinity), 'y'),
  };
}

function spacing(log, unit) {
  if (log) return DECADES;
  return unit === 'bytes' ? { space: 30, incrs: BYTES } : { space: 30 };
}

function line({ name, color: stroke, field: one }) {
  const { lineWidth = 1, fillOpacity = 0, lineStyle } = one.custom;
  return {
    label: name, stroke: () => ink(stroke), width: Math.max(1.25, lineWidth), points: { show: alone },
    fill: fillOpacity > 0 ? () => faint(ink(stroke), fillOpacity / 100) : undefined,
    dash: lineStyle?.fill === 'dash' ? lineStyle.dash ?? [8, 6] : undefined,
  };
}

/** A value without neighbours is no line: it is drawn as a point. */
function alone(u, index) {
  const values = u.data[index];
  return values.filter((v) => v !== null && v !== undefined).length === 1;
}

/** The ends of the value axis: the JSON's where it sets them, otherwise round ones about the values. @returns {uPlot.Range.MinMax} */
function range(one, log, min, max) {
  const soft = one.custom.axisSoftMax;
  if (log) return uPlot.rangeLog(one.min ?? min ?? 0.001, one.max ?? max ?? 10, 10, false);
  const least = one.min ?? min ?? 0;
  const most = Math.max(max ?? -Infinity, soft ?? -Infinity);
  const free = Number.isFinite(most) && most > least ? most : least + 1;
  const [low, high] = uPlot.rangeNum(least, free, { min: { pad: 0.1, mode: 0 }, max: { pad: free === soft ? 0 : 0.1, mode: 0 } });
  return [one.min ?? Math.min(low ?? least, least), one.max ?? high];
}

function drawThresholds(u, one) {
  if (!/dashed|line/.test(one.custom.thresholdsStyle?.mode ?? '')) return;
  const { ctx, bbox } = u;
  ctx.save();
  ctx.setLineDash([10 * devicePixelRatio, 6 * devicePixelRatio]);
  ctx.lineWidth = 1.5 * devicePixelRatio;
  for (const { value, color: stroke } of lines(one)) {
    const y = u.valToPos(value, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = ink(stroke);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** What the series are at a time, the greatest first. @returns {TipRow[]} */
function rows({ frames, hidden, panel }, idx) {
  const there = frames.filter((f) => !hidden.has(f.name) && f.values[idx] !== null && f.values[idx] !== undefined);
  if (panel.options?.tooltip?.sort === 'desc') there.sort((a, b) => b.values[idx] - a.values[idx]);
  return there.map((f) => ({ color: f.color, name: f.name, value: text(f.values[idx], f.field) }));
}
