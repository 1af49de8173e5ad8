import { h } from '../dom.js';
import { format } from '../format.js';
import { buckets } from './buckets.js';
import { chart } from './chart.js';
import { gradient, shade } from './shade.js';

/** @typedef {ReturnType<typeof chart>} Chart */

/**
 * Draws how often each size occurred over time: a column for each time, a row for each bucket.
 * @param {HTMLElement} body of the panel
 * @param {Panel} panel
 * @param {Shared} shared
 * @returns {Drawn}
 */
export function heatmap(body, panel, shared) {
  const host = h('div', { class: 'chart', role: 'group', 'aria-label': `Heat map: ${panel.title}` });
  const scale = colourScale();
  const state = { panel, host, shared, map: buckets([], 0), drawn: /** @type {Chart|undefined} */ (undefined), step: 1, times: [], rows: '', exemplars: /** @type {Exemplar[]} */ ([]) };
  body.append(host, scale.element);
  return {
    update: ({ times, frames, step }) => {
      Object.assign(state, { times, step, map: buckets(frames, panel.options?.filterValues?.le ?? 0) });
      show(state);
      scale.update(state.map.most, panel);
    },
    exemplars: (all) => {
      state.exemplars = all;
      state.drawn?.exemplars(all);
    },
    redraw: () => {
      state.drawn?.redraw();
      scale.update(state.map.most, panel);
    },
    end: () => state.drawn?.end(),
  };
}

function show(state) {
  const { times, map, host, shared } = state;
  const data = [times, times.map(() => null)];
  const rows = map.bounds.join(' ');
  if (state.drawn && rows === state.rows) {
    state.drawn.update(data);
    return;
  }
  state.drawn?.end();
  state.rows = rows;
  state.drawn = chart(host, shared, spec(state, data));
  state.drawn.exemplars(state.exemplars);
}

/** @returns {import('./chart.js').Spec} */
function spec(state, data) {
  return {
    data, series: [{ label: 'buckets', points: { show: false } }],
    y: { range: () => [0, state.map.bounds.length] },
    yAxis: { splits: () => edges(state), values: (u, splits) => splits.map((row) => bound(state, row - 1)) },
    under: (u) => draw(u, state),
    rows: (u, idx, top) => hovered(u, state, idx, top),
    place: (u, e) => u.valToPos(row(state.map.bounds, e.value), 'y'),
  };
}

/** The edges of rows that have a label: as many as there is room for. */
function edges({ map, host }) {
  const every = Math.max(1, Math.ceil((map.bounds.length * 18) / Math.max(1, host.clientHeight - 34)));
  return map.bounds.map((b, i) => i + 1).filter((edge) => edge % every === 0 && edge < map.bounds.length);
}

function bound({ map, panel }, index) {
  return index < 0 ? format(0, unit(panel)) : format(map.bounds[index], unit(panel));
}

function unit(panel) {
  return panel.options?.yAxis?.unit ?? 'none';
}

/** Where a value lies among the rows, between the edges of its own. */
function row(bounds, value) {
  const index = bounds.findIndex((b) => value <= b);
  if (index < 0) return bounds.length;
  const low = index > 0 ? bounds[index - 1] : 0;
  return Number.isFinite(bounds[index]) ? index + (value - low) / (bounds[index] - low) : index + 0.5;
}

/** A cell stands before its time: it holds what has come since the time before. */
function draw(u, { map, times, step, panel }) {
  const { ctx, bbox } = u;
  const gap = (panel.options?.cellGap ?? 1) * devicePixelRatio;
  const colors = shade(panel);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const lefts = times.map((t) => Math.round(u.valToPos(t - step, 'x', true)));
  const wide = times.map((t) => Math.round(u.valToPos(t, 'x', true)));
  map.rows.forEach((counts, r) => {
    const top = Math.round(u.valToPos(r + 1, 'y', true));
    const high = Math.max(1, Math.round(u.valToPos(r, 'y', true)) - top - gap);
    counts.forEach((count, i) => {
      if (count === null) return;
      ctx.fillStyle = colors(count / map.most);
      ctx.fillRect(lefts[i], top, Math.max(1, wide[i] - lefts[i] - (wide[i] - lefts[i] > 3 ? gap : 0)), high);
    });
  });
  ctx.restore();
}

function hovered(u, state, idx, top) {
  const { map, panel } = state;
  const at = Math.floor(u.posToVal(top, 'y'));
  if (!map.rows[at]) return [];
  const count = map.rows[at][idx];
  const name = `${bound(state, at - 1)} to ${bound(state, at)}`;
  return [{ color: count === null ? '' : shade(panel)(count / map.most), name, value: count === null ? 'none' : format(count, 'short') }];
}

/** The strip under a heat map: which colour is how many. */
function colourScale() {
  const strip = h('span', { class: 'heat-strip' });
  const most = h('span');
  const element = h('p', { class: 'heat-scale' }, h('span', null, '0'), strip, most, h('span', { class: 'muted' }, 'requests per cell'));
  const update = (count, panel) => {
    strip.style.background = gradient(panel);
    most.textContent = format(count, 'short');
    element.hidden = panel.options?.legend?.show === false;
  };
  return { element, update };
}
