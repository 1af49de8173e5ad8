import * as api from '../api.js';
import { h } from '../dom.js';
import { group, outcome } from './change.js';

/** Pause, resume and stop. Stopping asks again, because nothing brings the run back. */
export function running() {
  const told = outcome();
  const send = async (call, text) => {
    const state = await told.send(call, text);
    if (state?.loop) show(state);
  };
  const pause = h('button', { type: 'button', onclick: () => send(api.pauseGenerator, 'load paused') }, 'Pause');
  const resume = h('button', { type: 'button', onclick: () => send(api.resumeGenerator, 'load resumed') }, 'Resume');
  const stop = h('button', { type: 'button', class: 'danger', 'aria-expanded': 'false', onclick: () => ask(true) }, 'Stop …');
  const really = h('button', { type: 'button', class: 'danger', onclick: () => { ask(false); send(api.stopGenerator, 'run stopped'); } }, 'End the run');
  const keep = h('button', { type: 'button', onclick: () => ask(false) }, 'Keep it');
  const question = h('div', { class: 'question', role: 'group', 'aria-label': 'confirm', hidden: true },
    h('span', {}, 'End this run for good?'), really, keep);
  const ask = (open) => {
    question.hidden = !open;
    stop.setAttribute('aria-expanded', String(open));
    (open ? keep : stop).focus();
  };
  question.addEventListener('keydown', (event) => { if (event.key === 'Escape') ask(false); });
  const fields = group('Run', 'run', h('div', { class: 'buttons' }, pause, resume, stop), question, told.element);
  const show = (state) => {
    const held = document.activeElement;
    pause.disabled = state.paused || state.loop === 'batch';
    pause.title = state.loop === 'batch' ? 'a batch is sent at once' : '';
    resume.disabled = !state.paused;
    if (held === pause && pause.disabled) resume.focus(); // a button that goes off loses the focus
    if (held === resume && resume.disabled) pause.focus();
  };
  return { element: fields.element, enable: fields.enable, show };
}
