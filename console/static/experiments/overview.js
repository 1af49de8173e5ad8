import * as api from '../api.js';
import { h } from '../dom.js';
import { catalog } from './catalog.js';
import { current } from './current.js';
import { results } from './results.js';

const BUSY = 1000; // ms between looks while an experiment runs
const IDLE = 3000;

/** The catalog, what runs, and what was found; kept up to date until the returned function is called. */
export async function mountOverview(root) {
  const away = h('p', { class: 'notice bad', role: 'status', hidden: true });
  let timer = 0;
  let ended = false;
  const look = async () => {
    clearTimeout(timer);
    const next = document.hidden ? IDLE : await refresh();
    clearTimeout(timer);
    if (!ended) timer = setTimeout(look, next);
  };
  const parts = [current(look), catalog(await api.experiments(), look), results()];
  const refresh = async () => {
    try {
      const state = await api.runs();
      away.hidden = true;
      parts.forEach((part) => part.show(state));
      return state.running ? BUSY : IDLE;
    } catch (error) {
      away.hidden = false;
      away.textContent = `The state of the experiments is unknown: ${error.message}.`;
      return IDLE;
    }
  };
  root.append(away, h('div', { class: 'experiments' }, parts.map((part) => part.element)));
  document.addEventListener('visibilitychange', look);
  await look();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
}
