import assert from 'node:assert/strict';
import test from 'node:test';
import { DISTRIBUTIONS, KINDS, fieldsOf, wanted, words } from '../static/steer/faultkinds.js';

const initial = (kind, distribution) => Object.fromEntries(fieldsOf(kind, distribution).map(({ name, initial: text }) => [name, text]));

test('what is written is sent in the units of the service', () => {
  assert.deepEqual(wanted('errors', 'fixed', { value: '12.5', statuses: '500, 503', on: '2s', off: ' 8s ', seed: '7', route: '/io/wait', duration: '1m' }),
    { kind: 'errors', duration: '1m', value: 0.125, statuses: '500,503', on: '2s', off: '8s', seed: 7, route: '/io/wait' });
  assert.deepEqual(wanted('latency', 'pareto', { ...initial('latency', 'pareto'), duration: '30s' }),
    { kind: 'latency', duration: '30s', distribution: 'pareto', value: 10, shape: 1.2, max: 1000, share: 1 });
  assert.deepEqual(wanted('slow_body', 'fixed', { value: '500', share: '7', duration: '30s' }), { kind: 'slow_body', duration: '30s', value: 500, share: 0.07 });
});

test('a kind sends nothing that it does not have', () => {
  const texts = { on: '1s', off: '1s', seed: '1', route: '/', value: '1', share: '1', duration: '5s' };
  assert.deepEqual(wanted('not_ready', 'fixed', texts), { kind: 'not_ready', duration: '5s' });
  assert.deepEqual(wanted('stall', 'fixed', texts), { kind: 'stall', duration: '5s', route: '/' });
  assert.deepEqual(wanted('cpu', 'fixed', texts), { kind: 'cpu', duration: '5s', value: 0.01, on: '1s', off: '1s' });
});

test('an empty field is left out', () => {
  assert.deepEqual(wanted('drop', 'fixed', { value: ' ', seed: '', on: '', off: '', route: '', duration: '' }), { kind: 'drop', duration: '' });
});

test('every kind and every distribution has words', () => {
  for (const kind of Object.keys(KINDS)) {
    for (const distribution of kind === 'latency' ? Object.keys(DISTRIBUTIONS) : ['fixed']) {
      const text = words(wanted(kind, distribution, { ...initial(kind, distribution), duration: '30s' }));
      assert.doesNotMatch(text, /undefined|NaN|null/, `${kind} ${distribution}: ${text}`);
    }
  }
});

test('faults that are on, in words', () => {
  for (const [fault, text] of [
    [{ kind: 'latency', distribution: 'fixed', value: 200, share: 1 }, 'latency 200 ms'],
    [{ kind: 'latency', distribution: 'uniform', value: 0, max: 150, share: 0.3 }, 'latency 0 to 150 ms, 30 %'],
    [{ kind: 'latency', distribution: 'normal', value: 100, deviation: 20, max: 200, share: 1 }, 'latency 100 ± 20 ms (normal)'],
    [{ kind: 'errors', value: 0.2, statuses: [500] }, 'errors 20 %'],
    [{ kind: 'errors', value: 0.2, statuses: [500, 503], route: '/io/wait', bursts: { on: '2s', off: '8s' } }, 'errors 20 % (500, 503), at /io/wait, 2s on, 8s off'],
    [{ kind: 'truncate', value: 100, share: 0.1 }, 'bodies end after 100 bytes, 10 %'],
    [{ kind: 'cpu', value: 0.5 }, 'CPU theft 50 %'],
    [{ kind: 'later', value: 0 }, 'later'],
  ]) assert.equal(words(fault), text);
});
