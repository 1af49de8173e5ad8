import assert from 'node:assert/strict';
import test from 'node:test';
import { slowest } from '../static/traces/slowest.js';

/** A store that answers with the newest matches, as trace stores do. */
function store(durations, limit) {
  const asked = [];
  const ask = async (least) => {
    asked.push(least);
    return durations.map((duration, id) => ({ id: String(id), spans: [{ service: 'a', duration }, { service: 'b', duration: 1 }] }))
      .filter(({ spans }) => spans.some((span) => span.duration >= parseFloat(least || '0'))).reverse().slice(0, limit);
  };
  return { ask, asked };
}

const any = () => true;
const lengths = ({ traces }) => traces.map((trace) => trace.spans[0].duration).sort((a, b) => b - a);

test('the slowest of a whole period are found, though newer traces hide them', async () => {
  const durations = [5000, 4000, 3000, ...Array.from({ length: 2000 }, (_, i) => 10 + (i * 7919) % 1000)];
  const { ask, asked } = store(durations, 20);
  const found = await slowest(ask, '', 20, any);
  assert.ok(found.whole && found.traces.length > 5, `${found.traces.length} traces`);
  assert.deepEqual(lengths(found), [...durations].sort((a, b) => b - a).slice(0, found.traces.length));
  assert.ok(asked.length < 15, `${asked.length} searches`);
});

test('a search that finds all matches is not repeated', async () => {
  const { ask, asked } = store([30, 20, 10], 20);
  assert.deepEqual(lengths(await slowest(ask, '15ms', 20, any)), [30, 20]);
  assert.deepEqual(asked, ['15ms']);
});

test('traces that all take as long end the search, which is then not of the whole period', async () => {
  const { ask, asked } = store(Array(100).fill(50), 20);
  const found = await slowest(ask, '', 20, any);
  assert.deepEqual([found.traces.length, found.whole, asked.length], [20, false, 2]);
});

test('a bound above what the reader asks for ends the search with what was found', async () => {
  const { ask } = store(Array.from({ length: 50 }, (_, i) => 100 + i), 20);
  const found = await slowest((least) => (least === '' ? ask(least) : Promise.resolve([])), '', 20, any);
  assert.deepEqual([found.traces.length, found.whole], [20, false]);
});

test('the bound is that of the spans that the search is for', async () => {
  const { ask, asked } = store(Array.from({ length: 50 }, (_, i) => 100 + i), 20);
  await slowest(ask, '', 20, (span) => span.service === 'b');
  assert.equal(asked[1], '1.000ms');
});
