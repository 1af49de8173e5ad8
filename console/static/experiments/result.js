import * as api from '../api.js';
import { h } from '../dom.js';

/** The page of one result, as `lab run --out` writes it, in a frame of its own style. */
export async function mountResult(root, id) {
  await api.result(id); // a result that is not there is told here
  const frame = h('iframe', { class: 'result', title: `result ${id}`, src: api.resultPage(id) });
  const fit = () => {
    const page = frame.contentDocument?.documentElement;
    if (!page) return;
    const theme = document.documentElement.dataset.theme;
    page.style.colorScheme = theme ?? 'light dark';
    frame.style.height = 'auto';
    frame.style.height = `${page.scrollHeight}px`;
  };
  frame.addEventListener('load', fit);
  window.addEventListener('resize', fit);
  window.addEventListener('loadlab:theme', fit);
  root.append(h('p', { class: 'result-actions' }, h('a', { href: '#/experiments' }, '← All experiments'),
    h('a', { href: api.resultPage(id), target: '_blank', rel: 'noopener' }, 'Open in a new tab'),
    h('a', { href: api.resultFile(id), download: `${id}.json` }, 'Download JSON')), frame);
  return () => {
    window.removeEventListener('resize', fit);
    window.removeEventListener('loadlab:theme', fit);
  };
}
