import assert from 'node:assert/strict';
import test from 'node:test';
import { ALL, expansion, expressions, parameters, targets } from '../static/watch/expansion.js';

const TIMES = { range: 300, interval: 2 };

test('the same parameters are asked for once, others again', async () => {
  const asked = [];
  const queries = expansion(async (wanted) => { asked.push(wanted); return { wanted }; });
  const first = await queries(new URLSearchParams('range=300'));
  assert.equal(await queries(new URLSearchParams('range=300')), first);
  await queries(new URLSearchParams('range=900'));
  assert.deepEqual(asked, ['range=300', 'range=900']);
});

test('what failed is asked for again', async () => {
  let turn = 0;
  const queries = expansion(async () => { if (++turn === 1) throw new Error('away'); return turn; });
  await assert.rejects(queries(new URLSearchParams()), /away/);
  assert.equal(await queries(new URLSearchParams()), 2);
});

test('the answers that were used last are kept, and no others', async () => {
  const asked = [];
  const queries = expansion(async (wanted) => { asked.push(wanted); });
  for (let n = 0; n < 40; n++) {
    await queries(new URLSearchParams(`range=${n}`));
    await queries(new URLSearchParams('always=1'));
  }
  assert.equal(asked.length, 41, 'what is in use is asked for once');
  await queries(new URLSearchParams('range=0'));
  assert.equal(asked.length, 42, 'what is old is asked for again');
});

test('parameters have the chosen values, and whole milliseconds', () => {
  const variables = [{ name: 'service' }, { name: 'route' }];
  const wanted = parameters({ range: 300.00000001, interval: 2.5 }, variables, { service: ['items'], route: ['/a', '/b'] }, { service: [], route: [] });
  assert.equal(wanted.toString(), 'range=300&interval=2.5&var-service=items&var-route=%2Fa&var-route=%2Fb');
});

test('All is every value of the list, unless the dashboard says what it is', () => {
  const chosen = (variable, options) => parameters(TIMES, [{ name: 'v', ...variable }], { v: [ALL] }, { v: options }).getAll('var-v');
  assert.deepEqual(chosen({}, ['a', 'b']), ['a', 'b']);
  assert.deepEqual(chosen({ allValue: '.+' }, ['a', 'b']), [ALL]);
  assert.deepEqual(chosen({}, []), [ALL], 'the server says that there is no value');
});

const panel = { id: 3, targets: [{ refId: 'A' }, { refId: 'B' }] };

test('targets have their expressions; one without stops the panel, with the reason', () => {
  const queries = { panels: { 3: { A: { expr: 'up' }, B: { expr: 'rate(x[8s])' } } } };
  assert.deepEqual(targets(panel, queries).map(({ target, expr }) => [target.refId, expr]), [['A', 'up'], ['B', 'rate(x[8s])']]);
  assert.deepEqual(targets({ id: 4 }, queries), [], 'a panel of text has none');
  queries.panels[3].B = { expr: '', error: 'the variable v has no value' };
  assert.throws(() => targets(panel, queries), /^Error: query B: the variable v has no value$/);
  assert.deepEqual(expressions(panel, queries), ['up']);
  assert.deepEqual(expressions({ id: 4 }, queries), []);
});
