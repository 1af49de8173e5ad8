/** What the strip says of the run and of the services. Nothing here touches the page. */
import { duration, format, number } from '../format.js';
import { doubt } from '../validity.js';

/** Seconds that the figures are of: one alone is too noisy at the rates of the lab. */
export const SECONDS = 5;

/** A run that achieves less than this share of what was due is behind, if so many seconds say it. */
const ENOUGH = 0.9;
const JUDGED = SECONDS - 1;

const NONE = '–';

/**
 * `state` is undefined before the first answer, null while the generator does not answer; `services` is null while
 * Prometheus does not answer, and has one entry for each service that should be up.
 * @typedef {object} Facts
 * @property {Partial<RunState>|null} [state]
 * @property {Snapshot[]} kept
 * @property {{name: string, up: boolean}[]|null} services
 */

/** @typedef {{id: string, label: string, value: string, bad?: boolean, title?: string}} Item */

/**
 * The last snapshots of the same load. The first one is marked: a part of its second may have been under the load before.
 * @param {Snapshot[]} kept
 * @param {Snapshot} snapshot
 * @returns {Snapshot[]}
 */
export function keep(kept, snapshot) {
  const same = kept.length > 0 && load(kept[0].state) === load(snapshot.state);
  return same ? [...kept, snapshot].slice(-SECONDS) : [{ ...snapshot, first: true }];
}

/** The rate is left out, since a ramp changes it all the time. */
function load({ run_id: run, phase, loop, concurrency, paused, ended }) {
  return JSON.stringify([run, phase, loop, concurrency, paused, ended]);
}

/**
 * @param {Facts} facts
 * @returns {Item[]} in the order in which they are shown
 */
export function items({ state, kept: all, services }) {
  const kept = all.filter((snapshot) => !snapshot.first);
  const sum = (name) => kept.reduce((total, snapshot) => total + snapshot[name], 0);
  const measured = { seconds: sum('length_ns') / 1e9, scheduled: sum('scheduled'), completed: sum('completed'), failed: sum('failed'), dropped: sum('dropped') };
  const active = state && !state.paused && !state.ended ? state : null;
  return [
    { id: 'run', label: 'Run', ...run(state) },
    { id: 'asked', label: 'Asked', value: active ? asked(active) : NONE },
    { id: 'achieved', label: 'Achieved', title: `replies per second in the last ${SECONDS} s, failed ones too`, ...achieved(active, kept, measured) },
    { id: 'failed', label: 'Failed', title: `share of the replies of the last ${SECONDS} s; dropped requests were due and never sent`, ...failed(measured) },
    { id: 'p99', label: 'p99', title: `response time: the highest p99 of a second in the last ${SECONDS} s`, value: slowest(kept) },
    { id: 'services', label: 'Services up', ...up(services) },
    { id: 'valid', label: 'Measurement', ...validity(kept, measured) }, // last: it is the one whose length varies most
  ];
}

/**
 * All that is wrong, in one line; empty if nothing is. It is read aloud whenever it changes, so figures are not in it.
 * @param {Item[]} all
 */
export function wrong(all) {
  return all.filter((item) => item.bad).map(({ id, label, value }) => (id === 'run' || id === 'services' ? `${label}: ${value}` : label)).join('; ');
}

/** The state that an answer without one stands for. @param {{status: number, message: string}} error */
export function away(error) {
  if (error.status === 404) return undefined;
  return error.status === 503 && error.message.startsWith('the run ended') ? { ended: true } : null;
}

function run(state) {
  if (state === undefined) return { value: NONE };
  if (state === null) return { value: 'not running', bad: true };
  if (state.ended) return { value: 'ended' };
  if (!state.loop) return { value: 'not started' };
  return { value: `${state.paused ? 'paused' : 'running'}${state.phase ? `, phase ${state.phase}` : ''}` };
}

function asked(state) {
  switch (state.loop) {
    case 'open': return perSecond(state.rate);
    case 'closed': return `${number(state.concurrency)} in flight`;
    case 'batch': return 'all at once';
    default: return NONE;
  }
}

function achieved(active, kept, { seconds, completed, scheduled }) {
  if (scheduled === 0 && completed === 0) return { value: NONE };
  const behind = active?.loop === 'open' && kept.length >= JUDGED && completed < ENOUGH * scheduled;
  return { value: perSecond(completed / seconds), bad: behind };
}

function failed({ completed, failed: wrongs, dropped }) {
  const share = completed > 0 ? format(wrongs / completed, 'percentunit') : NONE;
  return { value: dropped > 0 ? `${share}, ${number(dropped)} dropped` : share, bad: wrongs > 0 || dropped > 0 };
}

function slowest(kept) {
  const times = kept.filter((snapshot) => snapshot.completed > 0).map((snapshot) => snapshot.response_p99_ns / 1e6);
  return times.length > 0 ? duration(Math.max(...times)) : NONE;
}

function validity(kept, { scheduled, completed }) {
  if (kept.length === 0) return { value: NONE };
  if (scheduled === 0 && completed === 0) return { value: 'nothing was sent' };
  const found = doubt(kept);
  return found ? { value: `not valid: ${found.short}`, bad: found.matters } : { value: 'valid' };
}

function up(services) {
  if (!services || services.length === 0) return { value: NONE };
  const down = services.filter((service) => !service.up).map((service) => service.name);
  const count = `${services.length - down.length} of ${services.length}`;
  return down.length > 0 ? { value: `${count}, not ${down.join(', ')}`, bad: true } : { value: count };
}

function perSecond(rate) {
  return `${number(rate)}/s`;
}
