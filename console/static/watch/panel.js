import { h } from '../dom.js';
import { explained } from '../glossary/term.js';
import { jobsOf } from '../silence.js';
import { barchart } from './barchart.js';
import { bargauge } from './bargauge.js';
import { expressions } from './expansion.js';
import { heatmap } from './heatmap.js';
import { address } from './links.js';
import { ask, askExemplars } from './query.js';
import { stat } from './stat.js';
import { store } from './store.js';
import { table } from './table.js';
import { textPanel } from './text.js';
import { timeline } from './timeline.js';
import { timeseries } from './timeseries.js';

const TYPES = { barchart, bargauge, heatmap, stat, 'state-timeline': timeline, table, text: textPanel, timeseries };
const EXEMPLARS_EVERY = 5; // seconds; a few dots more are not worth a query at each refresh

/**
 * Makes a panel of a dashboard: its frame, its state, and what is drawn in it.
 * @param {Panel} panel
 * @param {Shared} shared
 * @returns {{element: HTMLElement, seen: boolean, refresh: (shown: Shown, signal: AbortSignal) => Promise<void>, renew: () => void,
 *   redraw: () => void, warn: () => Promise<void>, end: () => void}} refresh is a
 *   promise which never fails for what the panel itself can say; renew comes before a refresh for another period; warn
 *   shows which of its services do not answer Prometheus
 */
export function makePanel(panel, shared) {
  const body = h('div', { class: 'panel-body' });
  const notice = h('p', { class: 'panel-notice', role: 'status' });
  const silent = h('p', { class: 'panel-silent', role: 'status' });
  const element = frame(panel, body, notice, silent);
  const draw = TYPES[panel.type];
  /** @type {Drawn} */
  const drawn = draw?.(body, panel, shared) ?? { update: () => {} };
  const self = { panel, element, drawn, body, store: store(), busy: /** @type {AbortSignal|null} */ (null), exemplarsAt: 0, seen: false, shared, notice, silent };
  if (!draw) say(self, 'error', `The console does not draw panels of the type ${panel.type}.`);
  else if (panel.type === 'text') say(self, 'data', '');
  return Object.assign(self, {
    refresh: (shown, signal) => refresh(self, shown, signal),
    renew: () => {
      self.exemplarsAt = 0;
    },
    redraw: () => drawn.redraw?.(),
    warn: () => warn(self),
    end: () => drawn.end?.(),
  });
}

/** Asks and draws, unless the panel is still waiting for what it asked before. */
async function refresh(self, shown, signal) {
  const waiting = self.busy && !self.busy.aborted;
  if (waiting || !self.panel.targets?.length || !TYPES[self.panel.type]) return;
  self.busy = signal;
  const { scrape, queries } = self.shared;
  const means = { queries, scrape, store: self.store, signal, width: self.body.clientWidth };
  try {
    const found = await ask(self.panel, shown, means);
    if (signal.aborted) return;
    draw(self, found);
    await dots(self, shown, means);
  } catch (error) {
    if (!signal.aborted) say(self, 'error', error.message);
  } finally {
    if (self.busy === signal) self.busy = null;
  }
}

function draw(self, found) {
  const empty = !found.frames.some((f) => f.values.some((v) => v !== null && !Number.isNaN(v)));
  if (!empty) self.drawn.update(found);
  const { noValue } = self.panel.fieldConfig?.defaults ?? {};
  if (empty) say(self, 'empty', noValue ?? 'no data yet');
  else say(self, 'data', '');
}

/** Above what the panel shows: its services that do not answer Prometheus, with what others know of them. */
async function warn({ panel, shared, silent, element }) {
  const { from, to } = shared.shown();
  const found = shared.silent(jobsOf(expressions(panel, await shared.queries({ range: to - from, interval: shared.scrape }))));
  const sentences = found.map(([, sentence]) => sentence).join(' ');
  const text = panel.type === 'stat' && sentences ? 'no answer' : sentences; // a number leaves little room
  element.dataset.silent = String(text !== '');
  if (silent.title === sentences) return;
  silent.textContent = text;
  silent.title = sentences;
}

async function dots(self, shown, means) {
  const due = Date.now() - self.exemplarsAt >= EXEMPLARS_EVERY * 1000;
  if (!self.drawn.exemplars || !self.panel.targets.some((t) => t.exemplar) || !due) return;
  const found = await askExemplars(self.panel, shown, means);
  if (means.signal.aborted) return;
  self.exemplarsAt = Date.now();
  self.drawn.exemplars(found);
}

/** An error stands above what was last drawn; a panel without data shows its words alone. */
function say({ element, notice }, state, words) {
  element.dataset.state = state;
  if (notice.textContent !== words) notice.textContent = words;
}

function frame(panel, body, notice, silent) {
  const id = `panel-${panel.id}`;
  const words = h('p', { class: 'panel-words', id: `${id}-words`, hidden: true }, explained(panel.description ?? ''));
  const element = h('section', {
    class: 'panel', 'data-panel-id': panel.id, 'data-type': panel.type, 'data-state': 'loading', 'aria-labelledby': `${id}-title`,
  }, h('header', { class: 'panel-head' }, h('h3', { id: `${id}-title` }, panel.title), panel.description && information(panel, words), links(panel)),
  words, silent, notice, body);
  const { x, w, h: high } = panel.gridPos;
  for (const [name, value] of [['x', x + 1], ['w', w], ['h', high]]) element.style.setProperty(`--${name}`, value);
  return element;
}

function links(panel) {
  return (panel.links ?? []).map(({ title, url }) => h('a', { class: 'panel-link', href: address(url) }, title));
}

/** The button that opens what the panel is about. Escape, or leaving it, closes. */
function information(panel, words) {
  const show = (shown) => {
    words.hidden = !shown;
    button.setAttribute('aria-expanded', String(shown));
  };
  const left = (event) => { if (event.relatedTarget !== button && !words.contains(event.relatedTarget)) show(false); };
  words.addEventListener('focusout', left);
  const button = h('button', {
    type: 'button', class: 'panel-info', 'aria-label': `What ${panel.title} shows`, 'aria-expanded': 'false', 'aria-controls': words.id,
    onclick: () => show(words.hidden), onblur: left,
    onkeydown: (event) => { if (event.key === 'Escape') show(false); },
  }, 'i');
  return button;
}
