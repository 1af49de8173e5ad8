import { ink } from './fields.js';

const APART = 7; // pixels between two marks of a colour; where they stand closer, one is drawn
const NEAR = 5; // pixels around a mark where its text shows
const PALE = 0.45; // opacity of its line, which crosses the data
const BAR = 2; // pixels, of a region at the foot of the chart

/** Draws marks: a dashed line where each begins, a bar at the chart's foot while it lasts. */
export function drawMarks(u, marks) {
  const { ctx, bbox } = u;
  const { min, max } = u.scales.x;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const last = new Map();
  for (const mark of marks) {
    if (mark.to < min || mark.from > max) continue;
    const x = Math.round(u.valToPos(mark.from, 'x', true));
    const crowded = mark.open || x - last.get(mark.color) < APART * devicePixelRatio;
    if (!crowded) last.set(mark.color, x);
    draw(u, mark, x, !crowded);
  }
  ctx.restore();
}

function draw(u, mark, x, whole) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const foot = bbox.top + bbox.height;
  ctx.strokeStyle = ctx.fillStyle = ink(mark.color);
  if (mark.to > mark.from) ctx.fillRect(x, foot - BAR * ratio, u.valToPos(mark.to, 'x', true) - x, BAR * ratio);
  if (!whole) return;
  ctx.globalAlpha = PALE;
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, foot);
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.beginPath();
  ctx.moveTo(x - 4 * ratio, foot);
  ctx.lineTo(x + 4 * ratio, foot);
  ctx.lineTo(x, foot - 6 * ratio);
  ctx.fill();
}

/** What the tooltip says of the marks that begin at a place. @param {number} left pixels of the chart */
export function markAt(u, marks, left) {
  return marks.filter((m) => !m.open && Math.abs(u.valToPos(m.from, 'x') - left) <= NEAR)
    .map((m) => ({ color: m.color, name: m.title, value: m.text }));
}
