import assert from 'node:assert/strict';
import test from 'node:test';
import { extent, lead, pieces, split, totals } from '../static/traces/model.js';

/** A span; times in ms. */
function span({ id, parent = '', start = 0, duration = 100, attributes = {}, events = [] }) {
  return { id, parent, start, duration, attributes, events, service: 'cpubound', name: 'GET /cpu/spin' };
}

const own = { 'lab.cpu_seconds': 0.02, 'lab.wait_seconds': 0.03, 'lab.queue_seconds': 0.05 };

test('the queue of a span contains its entry; the parts of the split do not', () => {
  assert.deepEqual(split(span({ attributes: { ...own, 'lab.entry_seconds': 0.04 } })), { entry: 40, queue: 10, cpu: 20, wait: 30 });
  assert.deepEqual(split(span({ attributes: own })), { entry: 0, queue: 50, cpu: 20, wait: 30 });
  assert.equal(split(span({})), null);
});

test('the entry is the beginning of the bar', () => {
  const attributes = { ...own, 'lab.entry_seconds': 0.04 };
  const events = [{ name: 'wait', time: 80, attributes: { 'lab.wait_seconds': 0.03 } }];
  for (const found of [pieces(span({ attributes })), pieces(span({ attributes, events }))]) {
    assert.deepEqual(found[0], { part: 'entry', from: 0, to: 0.4 });
    assert.equal(found.at(-1).to, 1);
    assert.ok(found.every((piece, i) => i === 0 || Math.abs(piece.from - found[i - 1].to) < 1e-9));
  }
});

test('waits are where they happened', () => {
  const events = [{ name: 'wait', time: 80, attributes: { 'lab.wait_seconds': 0.03 } }];
  assert.deepEqual(pieces(span({ attributes: own, events })).find((piece) => piece.part === 'wait'), { part: 'wait', from: 0.5, to: 0.8 });
});

test('the totals of a trace have what the generator tells of itself', () => {
  const client = span({ id: 'a', duration: 120, attributes: { 'loadgen.lag_seconds': 0.001, 'loadgen.blocked_seconds': 0.2 } });
  const server = span({ id: 'b', parent: 'a', start: 10, attributes: { ...own, 'lab.entry_seconds': 0.04 } });
  assert.deepEqual(totals({ spans: [client, server] }), { lag: 1, blocked: 200, entry: 40, queue: 10, cpu: 20, wait: 30, network: 20 });
});

test('a trace begins when the generator should have sent it; lag and the wait for a connection come before the span', () => {
  const root = span({ id: 'a', start: 100, duration: 50, attributes: { 'loadgen.lag_seconds': 0.002, 'loadgen.blocked_seconds': 0.003 } });
  assert.deepEqual(lead(root), [{ part: 'lag', length: 2 }, { part: 'blocked', length: 3 }]);
  assert.deepEqual(extent({ id: 't', spans: [root, span({ id: 'b', parent: 'a', start: 110, duration: 20 })] }), { start: 95, end: 150 });
  assert.deepEqual(lead(span({})), []);
});
