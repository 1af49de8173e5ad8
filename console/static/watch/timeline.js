import { h } from '../dom.js';
import { chart } from './chart.js';
import { color, field, ink } from './fields.js';
import { columns } from './columns.js';

const FONT = '600 12px system-ui, sans-serif';
const ROOM = 10; // pixels next to a state's name, without which it is left out

/**
 * Draws which state something was in over time: a bar for each stretch of one state, with its name where it fits.
 * The states are the values of a label, since the query's result is a table.
 * @param {HTMLElement} body of the panel
 * @param {Panel} panel
 * @param {Shared} shared
 * @returns {Drawn}
 */
export function timeline(body, panel, shared) {
  const host = h('div', { class: 'chart', role: 'group', 'aria-label': `States: ${panel.title}` });
  const state = { panel, stretches: [], step: 1, drawn: /** @type {ReturnType<typeof chart>|undefined} */ (undefined) };
  body.append(host);
  return {
    update: ({ times, frames, step }) => {
      Object.assign(state, { step, stretches: stretches(times, frames, panel) });
      const data = [times, times.map(() => null)];
      if (state.drawn) state.drawn.update(data);
      else state.drawn = chart(host, shared, spec(state, data));
    },
    redraw: () => state.drawn?.redraw(),
    end: () => state.drawn?.end(),
  };
}

/** Neighbouring times of one state, put together. @returns {{name: string, from: number, to: number}[]} */
function stretches(times, frames, panel) {
  const [label] = columns(frames, panel);
  const found = [];
  times.forEach((t, i) => {
    const now = frames.find((f) => f.values[i] !== null && f.values[i] !== undefined);
    if (!now) return;
    const last = found.at(-1);
    const name = now.labels[label] ?? '';
    if (last?.name === name && last.index === i - 1) Object.assign(last, { to: t, index: i });
    else found.push({ name, from: t, to: t, index: i });
  });
  return found;
}

/** @returns {import('./chart.js').Spec} */
function spec(state, data) {
  return {
    data, series: [{ label: 'state', points: { show: false } }], y: { range: () => [0, 1] },
    yAxis: { show: false }, draw: (u) => draw(u, state), rows: (u, idx) => hovered(u, state, idx), place: () => 0,
  };
}

function draw(u, { stretches: all, step, panel }) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const tall = bbox.height * (panel.options?.rowHeight ?? 0.9);
  const top = bbox.top + (bbox.height - tall) / 2;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = FONT.replace('12px', `${12 * ratio}px`);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const { name, from, to } of all) {
    const left = Math.max(bbox.left, Math.round(u.valToPos(from, 'x', true)));
    const right = Math.min(bbox.left + bbox.width, Math.round(u.valToPos(to + step, 'x', true)));
    ctx.fillStyle = ink(tone(name, panel));
    ctx.fillRect(left, top, Math.max(1, right - left - ratio), tall);
    if (ctx.measureText(name).width + ROOM * ratio > right - left) continue;
    ctx.fillStyle = tone(name, panel) === 'transparent' ? ink('var(--muted)') : '#fff';
    ctx.fillText(name, (left + right) / 2, top + tall / 2);
  }
  ctx.restore();
}

function tone(name, panel) {
  return color(name, field(panel, name));
}

function hovered(u, { stretches: all, step, panel }, idx) {
  const at = u.data[0][idx];
  const found = all.find(({ from, to }) => at >= from && at < to + step);
  return found ? [{ color: tone(found.name, panel), name: found.name, value: `${Math.round(found.to + step - found.from)} s` }] : [];
}
