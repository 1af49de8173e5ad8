import * as api from '../api.js';
import { h } from '../dom.js';
import { duration, time } from '../format.js';
import { legend, totalBar } from './bar.js';
import { serviceColor } from './colors.js';
import { detail } from './detail.js';
import { lastSearch } from './last.js';
import { extent, failed, rootSpan, services, totals } from './model.js';
import { waterfall } from './waterfall.js';

const RETRY = 4000; // ms until a trace store that did not answer is asked again

/** The page of the trace `id`. A trace whose spans are still arriving can be loaded again. */
export async function mountTrace(root, ctx, id) {
  const page = { ctx, id, asking: new AbortController(), retry: 0, section: h('section', { class: 'trace-page' }) };
  root.append(page.section);
  load(page);
  return () => {
    page.asking.abort();
    clearTimeout(page.retry);
  };
}

async function load(page) {
  const again = () => load(page);
  clearTimeout(page.retry);
  page.section.setAttribute('aria-busy', 'true');
  try {
    const trace = await api.trace(page.id, page.asking.signal);
    if (trace.spans.length === 0) throw new api.ApiError(404, 'trace not found');
    page.section.replaceChildren(...body(page, trace, again));
  } catch (error) {
    if (page.asking.signal.aborted) return;
    page.section.replaceChildren(back(), missing(page, error), h('button', { type: 'button', onclick: again }, 'Try again'));
    if (!absent(error)) page.retry = setTimeout(again, RETRY);
  } finally {
    page.section.removeAttribute('aria-busy');
  }
}

function back() {
  return h('a', { class: 'trace-back', href: lastSearch() }, '← All traces');
}

/** Whether the trace store has answered that it has no such trace. */
function absent(error) {
  return error.status === 404 || error.status === 400;
}

function missing(page, error) {
  const text = absent(error)
    ? `Trace ${page.id} was not found. It was not sampled, its spans have not arrived yet, or newer traces have replaced it.`
    : `No answer: ${error.message}; trying again`;
  return h('p', { class: 'trace-missing', role: 'alert' }, text);
}

function body(page, trace, again) {
  const panel = h('aside', { class: 'span-detail', 'aria-label': 'span', tabindex: '-1' });
  const fall = waterfall(trace, (span) => panel.replaceChildren(detail(span, trace)));
  panel.append(h('p', { class: 'muted' }, 'Choose a span to see its attributes and events.'));
  return [header(page, trace, again), h('div', { class: 'trace-body' }, fall, panel)];
}

function header(page, trace, again) {
  const root = rootSpan(trace);
  const { start, end } = extent(trace);
  const errors = trace.spans.filter(failed).length;
  const jaeger = page.ctx.config.jaeger;
  return h('header', { class: 'trace-header' },
    h('div', { class: 'trace-actions' }, back(), h('button', { type: 'button', onclick: again }, 'Reload'),
      jaeger ? h('a', { href: `${jaeger.replace(/\/$/, '')}/trace/${page.id}`, target: '_blank', rel: 'noopener' }, 'Open in Jaeger ↗') : ''),
    h('h2', {}, root.name, errors > 0 ? h('span', { class: 'error-mark' }, `${errors} failed`) : ''),
    h('p', { class: 'muted' }, `${time(start)} · ${duration(end - start)} · ${trace.spans.length} spans · `, h('code', {}, page.id)),
    h('div', { class: 'trace-total' }, totalBar(totals(trace))),
    legend(), signs(), serviceLegend(trace));
}

/** What the waterfall draws besides parts. */
function signs() {
  return h('ul', { class: 'part-legend', 'aria-label': 'signs' },
    h('li', {}, h('span', { class: 'span-key', 'aria-hidden': 'true' }), 'span without a breakdown, such as a call seen by its caller'),
    h('li', {}, h('span', { class: 'event-key', 'aria-hidden': 'true' }), 'event'));
}

function serviceLegend(trace) {
  return h('ul', { class: 'part-legend', 'aria-label': 'services' }, services(trace).map((name) => {
    const key = h('span', { class: 'service-key', 'aria-hidden': 'true' });
    key.style.background = serviceColor(name);
    return h('li', {}, key, name);
  }));
}
