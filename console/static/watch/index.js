/** The dashboards of the repository, drawn from their JSON by queries to Prometheus. */
import { dashboard, dashboardQueries } from '../api.js';
import { beat } from './beat.js';
import { h } from '../dom.js';
import { expansion, parameters } from './expansion.js';
import { marks } from './marks.js';
import { makePanel } from './panel.js';
import { ends, live, read, untilRefresh } from './period.js';
import { raise } from './raise.js';
import { sectionElement, sections } from './rows.js';
import { silences } from './silences.js';
import { ticker } from './ticker.js';
import { address, toolbar } from './toolbar.js';
import { tooltip } from './tooltip.js';
import { variables } from './variables.js';

export const title = 'Watch';

const CHOICES_EVERY = 15; // seconds between two looks at what variables can be
const NEAR = '200px'; // beyond the window, where panels are drawn already

/** Shows a dashboard. @returns {Promise<() => void>} ends it */
export async function mount(root, ctx) {
  const uid = ctx.route.path[0] ?? ctx.config.home;
  const [model, rhythm] = await Promise.all([dashboard(uid), beat(ctx.config.scrape_seconds)]);
  const view = { model, ctx, scrape: rhythm.scrape, rhythm, period: read(ctx.route.query), panels: [], chosen: 0, ready: false, abort: new AbortController() };
  view.shown = ends(view.period, Date.now() / 1000, rhythm);
  view.variables = variables(model.templating?.list ?? [], ctx.route.query, () => chosen(view));
  const ask = expansion((wanted) => dashboardQueries(uid, wanted));
  view.queries = (times) => ask(parameters(times, view.variables.list, view.variables.values, view.variables.options));
  view.bar = toolbar(ctx.config, uid, view.variables.element, {
    range: (range) => setPeriod(view, live(range)),
    live: () => setPeriod(view, live(view.period.range)),
  });
  view.raise = uid === ctx.config.home ? raise() : null;
  if (view.raise) view.bar.element.lastChild?.before(view.raise.element);
  view.silences = silences(view.scrape);
  view.marks = marks(model, () => redraw(view));
  view.ticker = ticker(() => refresh(view), () => untilRefresh(view.period, rhythm, Date.now() / 1000));
  build(view, root);
  view.bar.update(view.period);
  view.ticker.start();
  return () => end(view);
}

function build(view, root) {
  const shared = {
    shown: () => view.shown, marks: view.marks.all, tip: tooltip(root), silent: view.silences.of, sync: `watch-${view.model.uid}`, scrape: view.scrape,
    zoom: (from, to) => setPeriod(view, { range: view.period.range, from: Math.floor(from), to: Math.max(Math.ceil(to), Math.floor(from) + 10) }),
    queries: view.queries,
  };
  const parts = sections(view.model.panels).map((section) => ({ section, panels: section.panels.map((panel) => makePanel(panel, shared)) }));
  view.panels = parts.flatMap(({ panels }) => panels);
  root.append(h('h2', { class: 'hidden-text' }, view.model.title), view.bar.element,
    ...parts.map(({ section, panels }) => sectionElement(section, panels.map((panel) => panel.element))));
  view.watch = new IntersectionObserver((entries) => see(view, entries), { rootMargin: NEAR });
  for (const panel of view.panels) view.watch.observe(panel.element);
}

/** Notes which panels can be seen; those that come into view do not wait for the next refresh. */
function see(view, entries) {
  for (const { target, isIntersecting } of entries) {
    const panel = view.panels.find((p) => p.element === target);
    const came = isIntersecting && !panel.seen;
    panel.seen = isIntersecting;
    if (came && view.ready) panel.refresh(view.shown, view.abort.signal);
  }
}

/** Brings all that can be seen up to date. What fails says so in its own place. */
async function refresh(view) {
  const { signal } = view.abort;
  view.shown = ends(view.period, Date.now() / 1000, view.rhythm);
  await choices(view, signal);
  if (signal.aborted) return;
  view.ready = true;
  await Promise.all([mark(view, signal), listen(view, signal), view.raise?.refresh(), ...view.panels.filter((p) => p.seen).map((p) => p.refresh(view.shown, signal))]);
}

async function mark(view, signal) {
  const changed = await view.marks.refresh(view.shown, view.scrape, signal).catch(() => false); // the panels say why
  if (changed && !signal.aborted) redraw(view);
}

/** Notes which services do not answer; a panel whose variable has changed is of other ones. */
async function listen(view, signal) {
  await view.silences.refresh(view.shown.to, signal).catch(() => {}); // the panels say why
  if (signal.aborted) return;
  await Promise.all(view.panels.map((panel) => panel.warn())).catch(() => {}); // likewise
}

/** Asks what can be chosen, a moment before the queries that depend on it. */
async function choices(view, signal) {
  if (Date.now() - view.chosen < CHOICES_EVERY * 1000) return;
  const { from, to } = view.shown;
  const queries = () => view.queries({ range: to - from, interval: view.scrape });
  const changed = await view.variables.refresh(queries, { start: from, end: to }, signal).catch(() => false); // the panels say why
  if (signal.aborted) return;
  if (view.variables.complete()) view.chosen = Date.now();
  if (changed) reset(view);
}

function setPeriod(view, period) {
  view.period = period;
  chosen(view);
}

/** Does what the reader asks for; what variables can be may depend on it. */
function chosen(view) {
  view.chosen = 0;
  reset(view);
}

/** Begins anew with another period or other values: what is under way is of no use. */
function reset(view) {
  view.abort.abort();
  view.abort = new AbortController();
  for (const panel of view.panels) panel.renew();
  remember(view);
  view.ticker.now();
}

/** Writes period and variables to the address, so that a reload or a copied link shows the same. */
function remember(view) {
  view.bar.update(view.period);
  view.ctx.setQuery(new URLSearchParams([...Object.entries(address(view.period)), ...view.variables.parameters()]));
}

function redraw(view) {
  for (const panel of view.panels) panel.redraw();
}

function end(view) {
  view.ticker.stop();
  view.abort.abort();
  view.watch.disconnect();
  view.marks.end();
  for (const panel of view.panels) panel.end();
}
