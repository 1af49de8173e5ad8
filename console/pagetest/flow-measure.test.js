import assert from 'node:assert/strict';
import test from 'node:test';
import { moments, PATHS, reading } from '../static/flow/measure.js';
import { answers } from './flow-answers.js';

const [, CPU] = PATHS;

test('the parts are the generator’s own, as means per request', () => {
  const now = reading(CPU, answers({ rate: 100, parts: { lag: 0.1, blocked: 20, network: 1, entry: 3, queue: 40, cpu: 1, wait: 2 } }));
  assert.equal(now.kind, 'direct');
  assert.deepEqual(now.parts, { lag: 1, blocked: 200, network: 10, entry: 30, queue: 400, cpu: 10, wait: 20 });
  assert.equal(Math.round(now.total), 671);
  assert.equal(Math.round(now.inFlight * 10), 671);
});

test('a service’s queue contains its entry; the parts do not', () => {
  const now = reading(CPU, answers({ served: 10, work: { queue: 0.5, cpu: 0.1, wait: 0 }, entry: 0.2 }));
  assert.equal(now.kind, 'inner');
  assert.deepEqual(now.parts, { queue: 30, cpu: 10, wait: 0, entry: 20 });
});

test('cores are the computations that can run, and those in use only while the service answers', () => {
  const state = { used: 0.7, limit: 1 };
  assert.deepEqual(reading(CPU, answers({ rate: 1, ...state, up: 1 })).cores, { used: 0.7, limit: 1 });
  const silent = reading(CPU, answers({ rate: 1, used: 0.7, up: 0 }), { cores: { used: 0.7, limit: 1 } });
  assert.deepEqual(silent.cores, { used: NaN, limit: 1 });
  assert.equal(silent.silent, true);
});

test('a path that is asked and answers nothing is stuck, without traffic idle', () => {
  assert.equal(reading(CPU, answers({ asked: 40 })).kind, 'stuck');
  assert.equal(reading(CPU, answers({})).kind, 'idle');
  assert.equal(reading(CPU, answers({})).silent, false, 'what Prometheus does not know of is not silent');
});

test('failures are counted by status, or by outcome where there is none', () => {
  const now = reading(CPU, answers({ rate: 10, failures: { 503: 20, timeout: 10 } }));
  assert.equal(now.rate, 40);
  assert.equal(now.failed, 30);
  assert.deepEqual(now.failures, [['503', 20], ['timeout', 10]]);
});

test('the gateway’s part of the queue is a mean per request too', () => {
  assert.equal(reading(CPU, answers({ rate: 10, gatewayQueue: 2 })).gatewayQueue, 200);
});

test('moments put the answers to range queries together by time', () => {
  const found = moments({
    generator: [{ metric: { path: 'cpu', outcome: 'ok' }, values: [[20, 1], [10, 2]] }], service: [],
    state: [{ metric: { job: 'cpubound', what: 'up' }, values: [[20, 0]] }],
  });
  assert.deepEqual(found.map((m) => [m.time, m.generator.length, m.state.length]), [[10, 1, 0], [20, 1, 1]]);
});
