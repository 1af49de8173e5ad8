import * as api from '../api.js';
import { h } from '../dom.js';
import { faultForm } from './faultform.js';
import { outcome } from './change.js';

const REFRESH = 3000; // ms

/** What a fault does, in words. */
export function words(fault) {
  return {
    latency: `latency ${fault.value} ms`,
    errors: `errors ${+(100 * fault.value).toFixed(2)} %`,
    stall: 'stall',
    not_ready: 'not ready',
  }[fault.kind] ?? fault.kind;
}

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
  refresh();
  return {
    element: h('section', { class: 'faults', 'aria-label': 'faults' }, h('h2', {}, 'Faults'),
      h('p', { class: 'muted' }, 'A fault is in the service itself, so its effect is real: charts, traces and objectives show it. It ends by itself.'),
      h('div', { class: 'fault-cards' }, cards.map((c) => c.element))),
    close() {
      clearInterval(polling);
      clearInterval(ticking);
      document.removeEventListener('visibilitychange', refresh);
    },
  };
}

function card(service) {
  const list = h('ul', { class: 'fault-list' });
  const told = outcome();
  const view = { active: [], shown: '' };
  const show = (answer) => {
    const active = Array.isArray(answer) ? answer : answer?.faults;
    if (!active) return;
    view.active = active.map((fault) => ({ ...fault, until: Date.parse(fault.until) }));
    draw();
  };
  const clear = async (fault) => show(await told.send(() => api.clearFault(service, fault.kind), `${service}: ${words(fault)} switched off`));
  const draw = () => {
    const key = JSON.stringify(view.active);
    if (key === view.shown) return;
    view.shown = key;
    list.replaceChildren(...view.active.map((fault) => entry(fault, clear)));
  };
  const tick = () => {
    const now = Date.now();
    view.active = view.active.filter((fault) => fault.until > now);
    draw();
    view.active.forEach((fault, i) => { list.children[i].querySelector('.fault-left').textContent = left(fault.until - now); });
  };
  const form = faultForm(service, async (fault) => {
    show(await told.send(() => api.setFault(service, fault), `${service}: ${words(fault)} for ${fault.duration}`));
    tick();
  });
  const away = h('p', { class: 'why' });
  const element = h('article', { class: 'panel fault-card', 'data-service': service }, h('h3', {}, service), away, list, form.element, told.element);
  const refresh = async () => {
    try {
      show(await api.fault(service));
      away.textContent = '';
      form.enable(true);
    } catch (error) {
      away.textContent = error.message;
      form.enable(false);
    }
    tick();
  };
  return { element, refresh, tick };
}

function entry(fault, clear) {
  return h('li', { 'data-kind': fault.kind }, h('b', {}, words(fault)), h('span', { class: 'fault-left' }),
    h('button', { type: 'button', 'aria-label': `switch off ${words(fault)}`, onclick: () => clear(fault) }, 'Off'));
}

/** The time left, in words. */
function left(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return seconds < 120 ? `${seconds} s left` : `${Math.round(seconds / 60)} min left`;
}
