import assert from 'node:assert/strict';
import test from 'node:test';
import { away, items, keep, SECONDS, wrong } from '../static/strip/words.js';

const open = { run_id: 'r', phase: 'cpu', loop: 'open', rate: 40, concurrency: 0, paused: false, ended: false };
const second = { state: open, length_ns: 1e9, scheduled: 40, completed: 40, failed: 0, dropped: 0, response_p99_ns: 12e6, valid: true };
const whole = (more = {}) => Array.from({ length: SECONDS }, () => ({ ...second, ...more }));
const services = [{ name: 'iobound', up: true }, { name: 'items', up: true }];
const shown = (facts) => Object.fromEntries(items({ services, ...facts }).map(({ id, value }) => [id, value]));
const red = (facts) => items({ services, ...facts }).filter((item) => item.bad).map((item) => item.id);

test('a run that achieves what is asked has nothing red', () => {
  assert.deepEqual(shown({ state: open, kept: whole() }),
    { run: 'running, phase cpu', asked: '40/s', achieved: '40/s', failed: '0 %', p99: '12 ms', valid: 'valid', services: '2 of 2' });
  assert.deepEqual(red({ state: open, kept: whole() }), []);
});

test('without data there is a dash, and nothing that reassures', () => {
  const nothing = { run: '–', asked: '–', achieved: '–', failed: '–', p99: '–', valid: '–', services: '–' };
  assert.deepEqual(shown({ state: undefined, kept: [], services: null }), nothing);
  const quiet = { scheduled: 0, completed: 0, response_p99_ns: 0 };
  const paused = { ...open, paused: true };
  assert.deepEqual(shown({ state: paused, kept: whole({ ...quiet, state: paused }) }),
    { ...nothing, run: 'paused, phase cpu', valid: 'nothing was sent', services: '2 of 2' });
  assert.equal(shown({ state: { ...open, ended: true }, kept: [] }).run, 'ended');
});

test('what is wrong is red, and named', () => {
  assert.deepEqual(red({ state: open, kept: whole({ completed: 30 }) }), ['achieved']);
  assert.deepEqual(red({ state: open, kept: whole({ completed: 30 }).slice(2) }), [], 'a load that has just begun is not behind yet');
  assert.deepEqual(red({ state: { ...open, rate: 80 }, kept: whole() }), [], 'a ramp is not behind the rate that it has reached');
  assert.deepEqual(red({ state: open, kept: [...whole().slice(1), { ...second, failed: 10 }] }), ['failed']);
  assert.equal(shown({ state: open, kept: [...whole().slice(1), { ...second, failed: 10 }] }).failed, '5 %');
  assert.equal(shown({ state: open, kept: whole({ dropped: 3 }) }).failed, '0 %, 15 dropped');
  const lag = [...whole().slice(1), { ...second, valid: false, reasons: ['lag'], lag_p99_ns: 2e6, response_p50_ns: 8e6 }];
  assert.deepEqual([shown({ state: open, kept: lag }).valid, red({ state: open, kept: lag })],
    ['not valid: times up to 2 ms too long', ['valid']]);
  const down = { state: open, kept: whole(), services: [services[0], { name: 'items', up: false }] };
  assert.deepEqual([shown(down).services, red(down)], ['1 of 2, not items', ['services']]);
  assert.deepEqual(red({ state: null, kept: [] }), ['run']);
  assert.equal(wrong(items(down)), 'Services up: 1 of 2, not items');
  assert.equal(wrong(items({ services, state: open, kept: whole({ dropped: 3, completed: 30 }) })), 'Achieved; Failed');
});

test('replies that all failed while nothing more is sent are still failures', () => {
  assert.deepEqual(shown({ state: open, kept: whole({ scheduled: 0, completed: 4, failed: 4 }) }).failed, '100 %');
});

test('p99 is that of the slowest second with replies', () => {
  assert.equal(shown({ state: open, kept: [{ ...second, response_p99_ns: 90e6 }, second, { ...second, completed: 0, response_p99_ns: 5e9 }] }).p99, '90 ms');
});

test('an answer without a state says what became of the run', () => {
  const state = (status, message) => items({ state: away({ status, message }), kept: [], services }).find(({ id }) => id === 'run');
  assert.deepEqual(state(503, 'the run ended at 2026-01-02 03:04:05 UTC: run r1'), { id: 'run', label: 'Run', value: 'ended' });
  assert.equal(state(503, 'the load generator failed at 2026-01-02 03:04:05 UTC').bad, true);
  assert.equal(state(502, 'the load generator does not answer').bad, true);
  assert.equal(state(404, 'not here').bad, undefined);
});

test('figures are of one load: another phase begins anew, without its first second', () => {
  const kept = Array.from({ length: 9 }).reduce((all) => keep(all, second), []);
  assert.equal(kept.length, SECONDS);
  assert.equal(keep(kept, { ...second, state: { ...open, rate: 80 } }).length, SECONDS, 'a ramp is one load');
  for (const other of [{ phase: 'io' }, { concurrency: 8 }, { paused: true }, { run_id: 's' }]) {
    const begun = { ...second, state: { ...open, ...other }, failed: 9 };
    assert.equal(keep(kept, begun).length, 1, JSON.stringify(other));
    assert.equal(shown({ state: open, kept: keep(kept, begun) }).failed, '–', JSON.stringify(other));
    assert.equal(shown({ state: open, kept: keep(keep(kept, begun), { ...begun, failed: 0 }) }).failed, '0 %', JSON.stringify(other));
  }
});

test('a closed loop is asked for requests in flight, and is never behind', () => {
  const state = { ...open, loop: 'closed', rate: 0, concurrency: 8 };
  assert.equal(shown({ state, kept: whole({ state }) }).asked, '8 in flight');
  assert.deepEqual(red({ state, kept: whole({ state, completed: 1 }) }), []);
  assert.equal(shown({ state: { ...state, loop: 'batch' }, kept: [] }).asked, 'all at once');
});
