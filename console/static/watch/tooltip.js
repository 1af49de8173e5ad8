import { h } from '../dom.js';

const AWAY = 14; // pixels from the pointer

/**
 * The one box of a dashboard that follows the pointer.
 * @param {HTMLElement} root
 * @returns {Tip} show takes x and y in pixels of the window
 */
export function tooltip(root) {
  const box = h('div', { class: 'tip', role: 'presentation', hidden: true });
  const hide = () => { box.hidden = true; };
  root.addEventListener('wheel', hide, { passive: true }); // it would stay where its chart was
  root.append(box);
  const show = (x, y, title, rows) => {
    box.replaceChildren(h('p', { class: 'tip-title' }, title), ...rows.map(row));
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    const left = x + AWAY + width > innerWidth ? x - AWAY - width : x + AWAY;
    const top = Math.min(y + AWAY, innerHeight - height - 4);
    box.style.left = `${Math.max(4, left)}px`;
    box.style.top = `${Math.max(4, top)}px`;
  };
  return { show, hide };
}

function row({ color, name, value }) {
  const swatch = h('span', { class: 'swatch' });
  swatch.style.background = color || 'transparent';
  return h('p', { class: 'tip-row' }, swatch, h('span', { class: 'tip-name' }, name), h('span', { class: 'tip-value' }, value));
}
