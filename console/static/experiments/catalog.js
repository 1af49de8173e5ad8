import * as api from '../api.js';
import { h } from '../dom.js';
import { badge, resultLink } from './verdict.js';

/**
 * The experiments, each with its question, its last result and what starts it.
 * @param {object[]} all as the server lists them
 * @param {() => void} changed is called after one was started
 */
export function catalog(all, changed) {
  const refused = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  const start = async (name, quick) => {
    refused.hidden = true;
    try {
      await api.startRun(name, quick);
      window.scrollTo({ top: 0, behavior: 'smooth' });
    } catch (error) {
      refused.hidden = false;
      refused.textContent = error.message;
    }
    changed();
  };
  const cards = all.map((e) => card(e, start));
  return {
    element: h('section', { 'aria-label': 'catalog' }, h('h2', {}, `${all.length} experiments, each answers one question`),
      h('p', { class: 'muted' }, 'A run starts its own services where possible, pauses the current load, and works best on an idle machine. '
        + 'A quick run measures one short round: it shows the shape of the result, without confidence intervals.'), refused,
      h('div', { class: 'experiment-cards' }, cards.map((c) => c.element))),
    show(state) { cards.forEach((c) => c.show(state)); },
  };
}

/** How long a run sends load, roughly. */
function length(seconds) {
  return seconds < 50 ? `about ${Math.ceil(seconds / 10) * 10} s` : `about ${Math.round(seconds / 60)} min`;
}

function card(e, start) {
  const buttons = [['Run', false], ['Quick', true]].map(([label, quick]) =>
    h('button', { type: 'button', 'aria-label': `${label} ${e.title}`, onclick: () => start(e.name, quick) }, label));
  const found = h('p', { class: 'found' });
  let newest;
  const element = h('article', { class: 'panel experiment-card', 'data-experiment': e.name },
    h('h3', {}, e.title), h('p', { class: 'asked' }, e.question),
    h('details', {}, h('summary', {}, 'What to expect'), h('p', {}, e.hypothesis), e.explanation.split(/\n\s*\n/).map((text) => h('p', {}, text))),
    found, h('div', { class: 'card-foot' }, buttons, h('span', { class: 'muted' }, e.seconds > 0 ? length(e.seconds) : 'a few seconds')));
  return {
    element,
    show({ running, results }) {
      for (const button of buttons) button.disabled = Boolean(running);
      const last = results.find((r) => r.name === e.name);
      if (!last || last.id === newest) return;
      newest = last.id;
      found.replaceChildren(badge(last.verdict), ' ', resultLink(last.id, `${new Date(last.started).toLocaleString()}${last.quick ? ', quick' : ''}`));
    },
  };
}
