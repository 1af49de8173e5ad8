import * as api from '../api.js';
import { h } from '../dom.js';
import { followExperiment, spoils } from '../experiment.js';
import { faultForm } from './faultform.js';
import { words } from './faultkinds.js';
import { outcome } from './change.js';

const REFRESH = 3000; // ms

/**
 * The faults of every service: those that are on with the time left, and the form for another.
 * @param {string[]} services
 */
export function faults(services) {
  const cards = services.map(card);
  const refresh = () => { if (!document.hidden) cards.forEach((c) => c.refresh()); };
  const polling = setInterval(refresh, REFRESH);
  const ticking = setInterval(() => cards.forEach((c) => c.tick()), 500);
  document.addEventListener('visibilitychange', refresh);
  const unfollow = followExperiment(refresh);
  return {
    element: h('section', { class: 'faults', 'aria-label': 'faults' }, h('h2', {}, 'Faults'),
      h('p', { class: 'muted' }, 'A fault acts inside the service itself, so charts, traces and objectives show its real effect. It ends automatically.'),
      h('div', { class: 'fault-cards' }, cards.map((c) => c.element))),
    close() {
      unfollow();
      clearInterval(polling);
      clearInterval(ticking);
      document.removeEventListener('visibilitychange', refresh);
    },
  };
}

/** One service; `refresh` asks it, `tick` counts down the time left. */
function card(service) {
  const view = { service, active: [], shown: '', list: h('ul', { class: 'fault-list' }), away: h('p', { class: 'why' }), told: outcome() };
  view.form = faultForm(service, (fault) => change(view, () => api.setFault(service, fault), `${words(fault)} for ${fault.duration}`));
  const element = h('article', { class: 'panel fault-card', 'data-service': service },
    h('h3', {}, service), view.away, view.list, view.form.element, view.told.element);
  return { element, refresh: () => refresh(view), tick: () => tick(view) };
}

async function refresh(view) {
  try {
    const { faults: active, routes } = await api.faults(view.service);
    show(view, active);
    view.form.routes(routes);
    view.away.textContent = spoils();
    view.form.enable(!spoils());
  } catch (error) {
    view.away.textContent = error.message;
    view.form.enable(false);
  }
  tick(view);
}

async function change(view, call, text) {
  const active = await view.told.send(call, `${view.service}: ${text}`);
  if (active) show(view, active);
  tick(view);
}

function show(view, active) {
  view.active = active.map((fault) => ({ ...fault, until: Date.parse(fault.until) }));
  draw(view);
}

/** Makes the entries anew only where they are others, so that a button keeps its focus. */
function draw(view) {
  const key = JSON.stringify(view.active);
  if (key === view.shown) return;
  view.shown = key;
  const clear = (fault) => change(view, () => api.clearFault(view.service, fault), `${words(fault)} switched off`);
  view.list.replaceChildren(...view.active.map((fault) => entry(fault, clear)));
}

function tick(view) {
  const now = Date.now();
  view.active = view.active.filter((fault) => fault.until > now);
  draw(view);
  view.active.forEach((fault, i) => { view.list.children[i].querySelector('.fault-left').textContent = left(fault.until - now); });
}

function entry(fault, clear) {
  return h('li', { 'data-kind': fault.kind }, h('b', {}, words(fault)),
    fault.seed !== undefined && h('span', { class: 'muted' }, `seed ${fault.seed}`), h('span', { class: 'fault-left' }),
    h('button', { type: 'button', 'aria-label': `switch off ${words(fault)}`, onclick: () => clear(fault) }, 'Off'));
}

/** The time left, in words. */
function left(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return seconds < 120 ? `${seconds} s left` : `${Math.round(seconds / 60)} min left`;
}
