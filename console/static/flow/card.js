import { h } from '../dom.js';
import { duration, number } from '../format.js';
import { partTerm, term } from '../glossary/term.js';
import { PARTS } from './measure.js';
import { cores } from './reasons.js';
import { describe, MEANING } from './words.js';

/**
 * The numbers of one path, and what they mean.
 * @param {{id: string, label: string, service: string}} path
 */
export function card(path) {
  const said = h('p', { class: 'flow-sentence' });
  const notes = h('ul', { class: 'flow-notes muted' });
  const response = term('Response time', 'Response');
  const inner = h('span', {}, `Time in ${path.service}`);
  const figures = { rate: figure(term('Throughput')), inFlight: figure(term('In flight')), total: figure(response) };
  const used = coreMeter(path.service);
  const rows = new Map(PARTS.map((part) => [part, row(part)]));
  const element = h('article', { class: 'panel flow-card', 'data-path': path.id },
    h('h3', {}, path.label, h('span', { class: 'muted' }, ` → ${path.service}`)), said, notes,
    h('dl', { class: 'flow-figures' }, Object.values(figures).map((f) => f.element)), used.element,
    h('table', { class: 'flow-parts' }, h('caption', {}, 'Mean time of a request by part'),
      h('tbody', {}, [...rows.values()].map((r) => r.element))));
  return {
    element,
    show({ reading, now, faded, last }, time, all) {
      const words = describe(path, now, last, time, all);
      element.classList.toggle('faded', faded);
      element.dataset.silent = String(now.silent);
      write(said, words.sentence);
      writeAll(notes, words.notes);
      figures.total.name(reading.kind === 'inner' ? inner : response);
      const present = reading.kind === 'direct' || reading.kind === 'inner';
      figures.rate.set(rate(now, present ? reading : null));
      figures.inFlight.set(present ? number(reading.inFlight) : '–');
      figures.total.set(present ? duration(reading.total) : '–');
      used.show(now);
      for (const [part, r] of rows) r.show(reading.parts[part], reading.total);
    },
  };
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Lines that change one by one keep a reader's selection. */
function writeAll(list, texts) {
  while (list.children.length > texts.length) list.lastChild.remove();
  while (list.children.length < texts.length) list.append(h('li'));
  texts.forEach((text, i) => write(list.children[i], text));
}

/** The throughput; of a path that is asked and does not answer, both. */
function rate(now, shown) {
  if (now.kind === 'stuck') return `0 of ${number(now.asked)}/s`;
  return shown ? `${number(shown.rate)}/s` : '–';
}

function figure(label) {
  const value = h('dd', {}, '–');
  const name = h('dt', {}, label);
  return {
    element: h('div', {}, name, value), set: (text) => write(value, text),
    name: (node) => { if (name.firstChild !== node) name.replaceChildren(node); },
  };
}

function coreMeter(service) {
  const fill = h('span', { class: 'core-fill' });
  const text = h('span', { class: 'core-text' });
  const element = h('div', { class: 'core-meter', title: `CPU time per second that ${service} uses` }, h('span', { class: 'core-track' }, fill), text);
  return {
    element,
    show({ cores: c, silent }) {
      const share = Math.min(1, Math.max(0, c.used / c.limit)) || 0;
      fill.style.width = `${100 * share}%`;
      fill.classList.toggle('full', share >= 0.9);
      write(text, `${service}: ${silent ? 'does not answer Prometheus' : cores(c)}`);
    },
  };
}

function row(part) {
  const value = h('td', {}, '–');
  const share = h('td', {}, '');
  const element = h('tr', { 'data-part': part },
    h('th', { scope: 'row' }, h('span', { class: `flow-key fill-${part}`, 'aria-hidden': 'true' }), partTerm(part),
      h('span', { class: 'muted meaning' }, MEANING[part])), value, share);
  return {
    element,
    show(ms, total) {
      write(value, ms === undefined ? '–' : duration(ms));
      write(share, ms === undefined || !(total > 0) ? '' : `${(100 * ms / total).toFixed(1)} %`);
    },
  };
}
