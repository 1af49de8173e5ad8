import assert from 'node:assert/strict';
import test from 'node:test';
import { slots } from '../static/slots.js';

test('no more than the bound at once, in the order of asking', async () => {
  const { take } = slots(2);
  const order = [];
  const first = await take();
  await take();
  const third = take().then((release) => { order.push('third'); return release; });
  const fourth = take().then((release) => { order.push('fourth'); return release; });
  await Promise.resolve();
  assert.deepEqual(order, []);
  first();
  first(); // a second time does nothing
  await third;
  assert.deepEqual(order, ['third']);
  (await third)();
  await fourth;
  assert.deepEqual(order, ['third', 'fourth']);
});

test('who leaves the line does not take a slot', async () => {
  const { take } = slots(1);
  const release = await take();
  const leaving = new AbortController();
  const left = take(leaving.signal);
  const next = take();
  leaving.abort(new Error('left'));
  await assert.rejects(left, /left/);
  release();
  await next;
  await assert.rejects(take(AbortSignal.abort(new Error('late'))), /late/);
});
