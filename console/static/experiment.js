/** The experiment that runs now, for the views that name it, and for the controls that would spoil its measurement. */
import * as api from './api.js';

const REFRESH = 2000; // ms

/** @typedef {{title: string, quick: boolean}|null} Running */

/** @type {Set<(now: Running) => void>} */
const listeners = new Set();
/** @type {Running} */
let now = null;
let timer = 0;

/** What runs, as far as is known. @returns {Running} */
export function experiment() {
  return now;
}

/** Why a control is off while an experiment runs; empty if none does. */
export function spoils() {
  return now ? `Off while the experiment “${now.title}” runs, whose measurement it would spoil.` : '';
}

/**
 * Calls at once and whenever another experiment runs, or none.
 * @param {(now: Running) => void} to
 * @returns {() => void} ends it
 */
export function followExperiment(to) {
  listeners.add(to);
  to(now);
  if (timer === 0) ask();
  return () => { listeners.delete(to); };
}

/** A hidden page does not ask; a console without experiments is asked once. */
async function ask() {
  timer = setTimeout(ask, REFRESH);
  if (document.hidden) return;
  /** @type {Running} */
  let running;
  try {
    running = (await api.runs()).running;
  } catch (error) {
    if (error.status !== 404) return; // what ran still runs, as far as is known
    clearTimeout(timer);
    running = null;
  }
  change(running);
}

/** @param {Running} running */
function change(running) {
  const same = running?.title === now?.title;
  now = running;
  if (!same) for (const to of [...listeners]) to(now);
}
