/** The tab "Where the time goes": both paths in one picture that moves with the load. */
import * as api from '../api.js';
import { h } from '../dom.js';
import { number } from '../format.js';
import { card } from './card.js';
import { slowness } from './dots.js';
import { history } from './history.js';
import { expressions, moments, PATHS, QUERIES, reading } from './measure.js';
import { picture } from './picture.js';
import { round } from '../traces/ticks.js';

export const title = 'Where the time goes';

const REFRESH = 2000; // ms
const LOOK_BACK = 900; // seconds in which the last traffic of a path is looked for
const SCRAPES = 5; // in a window
/** @type {Moment} */
const NOTHING = { generator: [], service: [], state: [] };

/** Shows the tab and keeps it up to date until the returned function is called. */
export async function mount(root, ctx) {
  const window = Math.max(10, SCRAPES * (ctx.config.scrape_seconds ?? 2));
  const page = {
    window, expr: expressions(window), stop: new AbortController(), busy: false, shown: null, moving: true,
    past: new Map(PATHS.map((path) => [path.id, history(window)])),
    view: picture(), cards: PATHS.map(card),
    status: h('p', { class: 'flow-status', role: 'status' }), caption: h('p', { class: 'muted flow-caption' }),
  };
  const frame = h('div', { class: 'panel flow-frame' }, page.view.element);
  page.frame = frame;
  root.append(h('section', { class: 'flow' }, page.status, frame, h('div', { class: 'flow-foot' }, page.caption, brake(page)),
    h('div', { class: 'flow-cards' }, page.cards.map((c) => c.element))));
  const watch = new ResizeObserver(() => page.view.resize(frame.clientWidth - 2 * parseFloat(getComputedStyle(frame).paddingLeft)));
  watch.observe(frame);
  page.view.show(PATHS.map((path) => ({ reading: reading(path, NOTHING), faded: false })));
  const motion = animate(page);
  const turn = () => { if (!document.hidden) refresh(page); };
  const timer = setInterval(turn, REFRESH);
  document.addEventListener('visibilitychange', turn);
  lookBack(page).finally(turn);
  return () => {
    page.stop.abort();
    clearInterval(timer);
    document.removeEventListener('visibilitychange', turn);
    watch.disconnect();
    motion();
  };
}

function byName(answers) {
  return Object.fromEntries(QUERIES.map((name, i) => [name, answers[i]]));
}

/** Learns from the last minutes what a path was like that has no traffic now. */
async function lookBack(page) {
  const end = Date.now() / 1000;
  const range = { start: end - LOOK_BACK, end, step: page.window };
  try {
    const answers = await Promise.all(QUERIES.map((name) => api.queryRange(page.expr[name], range, page.stop.signal)));
    for (const moment of moments(byName(answers))) remember(page, moment.time, moment);
  } catch { /* the next refresh says what is wrong */ }
}

function remember(page, time, moment) {
  return PATHS.map((path) => {
    const past = page.past.get(path.id);
    const now = reading(path, moment, past.last()?.reading);
    past.add(time, now);
    return now;
  });
}

async function refresh(page) {
  if (page.busy || page.stop.signal.aborted) return;
  page.busy = true;
  try {
    const answers = await Promise.all(QUERIES.map((name) => api.query(page.expr[name], undefined, page.stop.signal)));
    const samples = answers.map((series) => series.map((s) => ({ metric: s.metric, v: s.value[1] })));
    const time = answers.flat()[0]?.value[0] ?? Date.now() / 1000;
    show(page, remember(page, time, byName(samples)), time);
    page.status.textContent = '';
    page.frame.classList.remove('stale');
  } catch (error) {
    if (page.stop.signal.aborted) return;
    page.status.textContent = `No new data: ${error.message}. Updates resume when it answers.`;
    page.frame.classList.add('stale');
  } finally {
    page.busy = false;
  }
}

function show(page, readings, time) {
  page.shown = readings.map((now, i) => {
    const last = page.past.get(PATHS[i].id).last();
    const faded = (now.kind === 'idle' || now.kind === 'stuck') && last !== null;
    return { reading: faded ? last.reading : now, now, faded, last };
  });
  page.view.show(page.shown);
  const all = Object.fromEntries(PATHS.map((path, i) => [path.id, readings[i]]));
  page.cards.forEach((c, i) => c.show(page.shown[i], time, all));
  const slow = slowness(page.view.longest);
  page.caption.textContent = `Bar widths are mean times per request over the last ${page.window} s; both paths have the same scale. `
    + `${slow > 1 ? `Slowed down about ${number(round(slow))} times` : 'At real speed'}; one dot per request in flight unless stated otherwise.`;
  if (still()) page.view.still();
}

/** Stops the dots, for readers whom motion distracts. */
function brake(page) {
  const button = h('button', { type: 'button', hidden: still(), onclick: () => {
    page.moving = !page.moving;
    button.textContent = page.moving ? 'Pause the motion' : 'Resume the motion';
  } }, 'Pause the motion');
  return button;
}

function still() {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Moves the dots at each frame, unless the reader wants no motion. */
function animate(page) {
  let before = 0;
  let request = 0;
  const frame = (now) => {
    if (page.shown && page.moving && !still()) page.view.advance(Math.min(100, now - before));
    before = now;
    request = requestAnimationFrame(frame);
  };
  request = requestAnimationFrame(frame);
  return () => cancelAnimationFrame(request);
}
