import { h } from '../dom.js';
import { mark } from './marks.js';

/**
 * Shows the outcome of a control's changes, and makes them.
 * @returns {{element: Element, send: (call: () => Promise<any>, text: string) => Promise<any>, say: Function, forget: Function}}
 *   `send` returns the answer, or undefined after it has shown why the change was refused; `forget` takes back what
 *   was said of a change that no longer holds
 */
export function outcome() {
  const element = h('p', { class: 'outcome', role: 'status' });
  let latest = 0;
  const say = (kind, text) => {
    element.className = `outcome ${kind}`;
    element.textContent = text;
  };
  const send = async (call, text) => {
    const turn = ++latest;
    say('pending', '…');
    try {
      const answer = await call();
      mark(text);
      if (turn === latest) say('done', `✓ ${text}`);
      return answer ?? {};
    } catch (error) {
      if (turn === latest) say('refused', error.message);
      return undefined;
    }
  };
  const forget = () => { if (element.classList.contains('done')) say('', ''); };
  return { element, send, say, forget };
}

/**
 * A group of fields which are enabled together, with the reason where they are not.
 * @param {string} label
 * @returns {{element: Element, enable: (reason: string) => void}} an empty reason enables
 */
export function group(label, id, ...children) {
  const why = h('p', { class: 'why', id: `why-${id}` });
  const element = h('fieldset', { class: 'control', 'data-control': id, 'aria-describedby': `why-${id}` }, h('legend', {}, label), why, children);
  return {
    element,
    enable(reason) {
      element.disabled = reason !== '';
      if (why.textContent !== reason) why.textContent = reason;
    },
  };
}
