import assert from 'node:assert/strict';
import test from 'node:test';
import { history } from '../static/flow/history.js';
import { logarithmic } from '../static/steer/scale.js';
import { round, ticks } from '../static/traces/ticks.js';
import { ends, grid, live, read, untilRefresh } from '../static/watch/period.js';

const BEAT = { scrape: 2, phase: 0.5 };

test('the address says which time is shown', () => {
  assert.deepEqual(read(new URLSearchParams('range=15m')), { range: '15m', from: 0, to: 0 });
  assert.deepEqual(read(new URLSearchParams('range=7m')), { range: '5m', from: 0, to: 0 });
  assert.deepEqual(read(new URLSearchParams('from=100&to=160')), { range: '5m', from: 100, to: 160 });
  assert.deepEqual(read(new URLSearchParams('from=160&to=100')), live('5m'));
});

test('a live period ends at the last scrape, a marked one where it does', () => {
  assert.deepEqual(ends(live('5m'), 1001, BEAT), { from: 700.5, to: 1000.5, live: true, phase: 0.5 });
  assert.deepEqual(ends({ range: '5m', from: 100, to: 160 }, 1001, BEAT), { from: 100, to: 160, live: false, phase: 0.5 });
});

test('a chart’s grid stays the same while time moves on', () => {
  const at = (now) => grid(ends(live('1h'), now, BEAT), 400, 2);
  assert.deepEqual(at(10_001), { start: 6400.5, end: 10_000.5, step: 10 });
  assert.deepEqual(at(10_009), at(10_001));
  assert.deepEqual(at(10_011), { start: 6410.5, end: 10_010.5, step: 10 });
  assert.equal(grid(ends(live('5m'), 1001, BEAT), 5000, 2).step, 2, 'no step is shorter than a scrape');
  assert.equal(grid({ from: 0, to: 7 * 86_400, phase: 0 }, 300, 2).step, 2400, 'the longest steps are whole ten minutes');
});

test('a refresh comes right after a scrape', () => {
  assert.equal(Math.round(10 * untilRefresh(live('5m'), BEAT, 1001)), 17);
  assert.ok(untilRefresh(live('5m'), BEAT, 1000.6) > 0.19);
  assert.ok(untilRefresh({ range: '5m', from: 1, to: 2 }, BEAT, 1001) > 5, 'what is past hardly changes');
});

test('ticks are round', () => {
  assert.deepEqual([round(3), round(0.2), round(10), round(51)], [5, 0.2, 10, 100]);
  assert.deepEqual(ticks(100, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(7, 3), [0, 5]);
});

test('a slider gives round numbers, and finds them again', () => {
  const scale = logarithmic({ low: 0.1, high: 10_000, steps: 1000, whole: false });
  assert.deepEqual([scale.value(0), scale.value(1000), scale.step(0.01), scale.step(1e6)], [0.1, 10_000, 0, 1000]);
  for (const value of [0.5, 40, 110, 2500]) assert.equal(scale.value(scale.step(value)), value);
  assert.equal(logarithmic({ low: 1, high: 2000, steps: 1000, whole: true }).value(30), 1);
});

test('the last reading is of before the rates fell', () => {
  const past = history(10);
  const add = (time, kind, rate) => past.add(time, { kind, rate });
  assert.equal(past.last(), null);
  for (let t = 0; t <= 20; t += 2) add(t, 'direct', 100);
  for (const [t, rate] of [[22, 60], [24, 30], [26, 5]]) add(t, 'direct', rate);
  add(30, 'idle', 0);
  assert.deepEqual([past.last().time, past.last().reading.rate], [16, 100]);
  add(100, 'direct', 7);
  assert.equal(past.last().time, 100, 'after a pause it begins anew');
});
