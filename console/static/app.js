/** The shell: tabs, the router over the address's hash, the theme, the line that says what is away, the strip. */
import * as api from './api.js';
import { h } from './dom.js';
import { health } from './health.js';
import { format, parse } from './route.js';
import { strip } from './strip/index.js';
import { theme } from './theme.js';
import * as watch from './watch/index.js';
import * as steer from './steer/index.js';
import * as traces from './traces/index.js';
import * as flow from './flow/index.js';
import * as experiments from './experiments/index.js';
import * as glossary from './glossary/index.js';

/** @typedef {{title: string, mount: (root: HTMLElement, ctx: TabContext) => Promise<Unmount|void>}} Tab */

/**
 * The views in the order of their tabs; the first is shown without a hash.
 * @type {[string, Tab][]}
 */
const TABS = [
  ['watch', watch],
  ['steer', steer],
  ['traces', traces],
  ['flow', flow],
  ['experiments', experiments],
];

const RETRY = 2000; // ms

/** What has an address. @type {[string, Tab][]} */
const VIEWS = [...TABS, ['glossary', glossary]];

/**
 * What is shown now. A remount is abandoned when a later one has begun.
 * @type {{tab: string, key: string, query: string, turn: number, unmount: Unmount|void|null}}
 */
const shown = { tab: '', key: '', query: '', turn: 0, unmount: null };

/** The elements of index.html that the shell fills. */
const [main, nav, links, line, button, over] = ['main', 'tabs', 'links', 'health', 'theme', 'strip'].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));

async function start() {
  theme(/** @type {HTMLButtonElement} */ (button));
  nav.append(...TABS.map(([name, tab]) => h('a', { href: `#/${name}`, 'data-tab': name }, tab.title)));
  const config = await configuration();
  link(config);
  health(line);
  strip(over, config.services);
  window.addEventListener('hashchange', () => show(config));
  await show(config);
}

/** Waits for the server as long as it takes. */
async function configuration() {
  for (;;) {
    try {
      return await api.config();
    } catch (error) {
      main.replaceChildren(h('p', { class: 'notice bad', role: 'alert' }, `${error.message}; trying again`));
      await pause(RETRY);
    }
  }
}

function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

function link(config) {
  const away = [['Jaeger', config.jaeger], ['Grafana', config.grafana]].filter(([, url]) => url);
  links.append(h('a', { href: '#/glossary', 'data-tab': 'glossary' }, glossary.title), ...away.map(([name, url]) =>
    h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, name)));
}

/** Shows what the hash names. What `setQuery` has written is shown already. */
async function show(config) {
  const route = parse(location.hash);
  const [name, tab] = VIEWS.find(([known]) => known === route.tab) ?? VIEWS[0];
  const key = [name, ...(name === route.tab ? route.path : [])].join('/');
  if (key === shown.key && route.query.toString() === shown.query) return;
  const turn = ++shown.turn;
  Object.assign(shown, { tab: name, key, query: route.query.toString() });
  await shown.unmount?.();
  shown.unmount = null;
  select(name, tab.title);
  const root = h('div', { class: `tab tab-${name}`, 'data-tab': name });
  main.replaceChildren(root);
  const unmount = await mount(tab, root, { config, route: { ...route, tab: name }, navigate, setQuery }, () => turn === shown.turn);
  if (turn === shown.turn) shown.unmount = unmount;
  else unmount?.();
}

/** Mounts a tab, again and again while a server does not answer and the tab is still wanted. */
async function mount(tab, root, ctx, wanted) {
  const notice = h('p', { class: 'notice bad', role: 'alert' });
  for (;;) {
    try {
      const unmount = await tab.mount(root, ctx);
      notice.remove();
      return unmount;
    } catch (error) {
      const passing = error instanceof api.ApiError && error.status !== 404;
      const text = `${tab.title} cannot be shown: ${error.message}${passing ? '; trying again' : ''}`;
      if (notice.textContent !== text) notice.textContent = text;
      root.replaceChildren(notice);
      if (!passing) {
        console.error(error);
        return null;
      }
      await pause(RETRY);
      if (!wanted()) return null;
    }
  }
}

function select(name, title) {
  for (const tab of [...nav.children, ...links.children]) {
    if (tab.getAttribute('data-tab') === name) tab.setAttribute('aria-current', 'page');
    else tab.removeAttribute('aria-current');
  }
  document.title = `${title} · loadlab`;
}

function navigate(hash) {
  location.hash = hash;
}

/** Replaces the hash's query without a remount; null and '' leave a name out. */
function setQuery(values) {
  const { tab, path } = parse(location.hash);
  const hash = format(tab || shown.tab, path, values);
  shown.query = parse(hash).query.toString();
  history.replaceState(null, '', hash);
}

start();
