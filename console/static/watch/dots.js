import { h } from '../dom.js';
import { format, time } from '../format.js';

/** Columns of a chart's width; each keeps its slowest request, so that dots do not cover each other. */
const COLUMNS = 40;

/**
 * Links over a chart, one for each exemplar. The last can be reached with the tab key, the others from there with
 * the arrows: a chart is one stop on the way through the page.
 * @param {HTMLElement} over the chart's plotting area
 * @param {(e: Exemplar) => [number, number]} position in pixels of the area
 * @param {Tip} tip
 */
export function dots(over, position, tip) {
  const shown = new Map();
  const place = () => {
    for (const { element, exemplar } of shown.values()) {
      const [x, y] = position(exemplar);
      element.hidden = !(x >= 0 && x <= over.clientWidth);
      element.style.left = `${x}px`;
      element.style.top = `${Math.max(0, Math.min(over.clientHeight, y))}px`;
    }
  };
  const update = (exemplars, { from, to }) => {
    const chosen = thin(exemplars, from, to);
    const ids = new Set(chosen.map((e) => e.id));
    for (const [id, { element }] of shown) {
      if (ids.has(id) || element === document.activeElement) continue;
      element.remove();
      shown.delete(id);
    }
    for (const exemplar of chosen) {
      if (shown.has(exemplar.id)) continue;
      const element = dot(exemplar, shown, tip);
      shown.set(exemplar.id, { element, exemplar });
      over.append(element);
    }
    rove(shown);
    place();
  };
  return { update, place };
}

/** The slowest of each column. Columns are of whole times, so that the choice does not change as the chart moves. */
function thin(exemplars, from, to) {
  const width = (to - from) / COLUMNS;
  const best = new Map();
  for (const e of exemplars) {
    if (e.time < from || e.time > to) continue;
    const column = Math.floor(e.time / width);
    if (!(best.get(column)?.value >= e.value)) best.set(column, e);
  }
  return [...best.values()];
}

function dot(exemplar, shown, tip) {
  const words = `trace of ${format(exemplar.value, 's')} at ${time(exemplar.time * 1000)}`;
  const element = h('a', {
    class: 'exemplar', href: `#/traces/${encodeURIComponent(exemplar.id)}`, tabindex: -1, 'aria-label': words,
    draggable: 'false', onmousedown: (event) => event.stopPropagation(), onkeydown: (event) => step(event, element, shown),
  });
  const tell = () => {
    const { right, top } = element.getBoundingClientRect();
    tip.show(right, top, `Trace, ${time(exemplar.time * 1000)}`, rows(exemplar));
  };
  for (const name of ['mouseenter', 'focus', 'mousemove']) {
    element.addEventListener(name, (event) => {
      event.stopPropagation();
      tell();
    });
  }
  for (const name of ['mouseleave', 'blur']) element.addEventListener(name, tip.hide);
  return element;
}

function rows({ value, labels }) {
  const wanted = ['job', 'http_route', 'target', 'server_address', 'http_response_status_code'].filter((label) => labels[label]);
  return [{ name: 'duration', value: format(value, 's') }, ...wanted.map((label) => ({ name: label, value: labels[label] }))];
}

/** One dot is in the order of the tab key: the focused one, otherwise the newest. */
function rove(shown) {
  const all = inOrder(shown);
  const current = all.find((element) => element === document.activeElement) ?? all.at(-1);
  for (const element of all) element.tabIndex = element === current ? 0 : -1;
}

function step(event, element, shown) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const all = inOrder(shown);
  all[all.indexOf(element) + by]?.focus();
  rove(shown);
}

function inOrder(shown) {
  return [...shown.values()].sort((a, b) => a.exemplar.time - b.exemplar.time).map((s) => s.element);
}
