import assert from 'node:assert/strict';
import test from 'node:test';
import { buckets } from '../static/watch/buckets.js';
import { columns, transformation } from '../static/watch/columns.js';
import { color, field, lines, text } from '../static/watch/fields.js';
import { reduce, title } from '../static/watch/reduce.js';
import { sections } from '../static/watch/rows.js';
import { seriesName } from '../static/watch/seriesname.js';
import { stack } from '../static/watch/stack.js';
import { store } from '../static/watch/store.js';

test('cumulative buckets become rows of what lies between their bounds', () => {
  const le = (bound, values) => ({ labels: { le: bound }, values });
  const found = buckets([le('+Inf', [9, null]), le('0.5', [2, 1]), le('1', [8, 1])], 0);
  assert.deepEqual(found, { bounds: [0.5, 1, Infinity], rows: [[2, 1], [6, null], [1, null]], most: 6 });
  assert.deepEqual(buckets([], 0), { bounds: [], rows: [], most: 1 });
});

test('a series is one number by each calculation', () => {
  const values = [1, null, 4, NaN, 2, null];
  assert.deepEqual(['lastNotNull', 'mean', 'max', 'min', 'sum'].map((calc) => reduce(values, calc)), [2, 7 / 3, 4, 1, 7]);
  assert.deepEqual([reduce([null, NaN], 'max'), reduce([1], 'range'), title('mean'), title('range')], [null, null, 'Mean', 'range']);
});

test('stacked series lie on each other; hidden ones carry nothing, and a gap is one where all have it', () => {
  const frame = (name, values, mode = 'normal') => ({ name, values, field: { custom: { stacking: { mode } } } });
  const frames = [frame('a', [1, null, 1]), frame('line', [9, 9, 9], 'none'), frame('b', [2, null, null]), frame('c', [3, 3, 3])];
  assert.deepEqual(stack(frames, new Set()), { data: [[1, null, 1], [9, 9, 9], [3, null, 1], [6, 3, 4]], bands: [{ series: [3, 1] }, { series: [4, 3] }] });
  assert.deepEqual(stack(frames, new Set(['b'])).data[3], [4, 3, 4]);
});

test('a series has the name of its format, or that of its labels', () => {
  assert.equal(seriesName('{{ job }} {{missing}}', { job: 'items' }), 'items');
  assert.equal(seriesName('', { __name__: 'up', job: 'a', x: 'b' }), 'up{job="a", x="b"}');
  assert.deepEqual([seriesName(undefined, { __name__: 'up' }), seriesName('', {})], ['up', 'value']);
});

const panel = {
  fieldConfig: {
    defaults: { unit: 's', noValue: 'none yet', color: { mode: 'thresholds' }, custom: { lineWidth: 1 }, thresholds: { steps: [{ value: null, color: 'green' }, { value: 2, color: '#f00' }] },
      mappings: [{ type: 'value', options: { 7: { text: 'seven', color: 'blue' } } }, { type: 'range', options: { from: 100, to: null, result: { text: 'much' } } }] },
    overrides: [
      { matcher: { id: 'byName', options: 'p99' }, properties: [{ id: 'unit', value: 'none' }, { id: 'custom.lineWidth', value: 3 }] },
      { matcher: { id: 'byRegexp', options: '/^P9/i' }, properties: [{ id: 'displayName', value: 'slow' }] },
    ],
  },
  transformations: [{ id: 'organize', options: { excludeByName: { job: true }, indexByName: { route: 0 } } }],
};

test('a field has the panel’s defaults and the overrides that match its name', () => {
  const [plain, p99] = [field(panel, 'p50'), field(panel, 'p99')];
  assert.deepEqual([plain.unit, plain.custom.lineWidth, plain.displayName], ['s', 1, undefined]);
  assert.deepEqual([p99.unit, p99.custom.lineWidth, p99.displayName], ['none', 3, 'slow']);
  assert.equal(panel.fieldConfig.defaults.custom.lineWidth, 1, 'the defaults stay');
});

test('a value has the text and the colour of its mapping, its threshold or its unit', () => {
  const one = field(panel, 'p50');
  assert.deepEqual([text(7, one), text(150, one), text(0.5, one), text(null, one)], ['seven', 'much', '500 ms', 'none yet']);
  assert.deepEqual([color(7, one), color(1, one), color(3, one), color(null, one)], ['var(--hue-blue)', 'var(--hue-green)', '#f00', 'var(--hue-green)']);
  assert.deepEqual(lines(one), [{ value: 2, color: '#f00' }]);
});

test('the columns of a table are those that are not left out, in the panel’s order', () => {
  assert.deepEqual(columns([{ labels: { job: 'a', status: '1' } }, { labels: { route: '/' } }], panel), ['route', 'status']);
  assert.equal(transformation(panel, 'merge'), undefined);
});

test('panels are in the section of their row; a collapsed row has its own', () => {
  const row = { type: 'row', title: 'Closed', collapsed: true, panels: [{ id: 3 }] };
  const found = sections([{ id: 1 }, { type: 'row', title: 'Open' }, { id: 2 }, row]);
  assert.deepEqual(found.map(({ title: name, collapsed, panels }) => [name, collapsed, panels.map((p) => p.id)]),
    [['', false, [1]], ['Open', false, [2]], ['Closed', true, [3]]]);
  assert.deepEqual(sections([row]).length, 1, 'no section without a panel');
});

test('a refresh asks for the newest points and keeps the others', async () => {
  const asked = [];
  let silent = false;
  const { range, forget } = store(async (expr, { start, end, step }) => {
    asked.push(start);
    if (silent) return [];
    const times = Array.from({ length: (end - start) / step + 1 }, (_, i) => start + i * step);
    return [{ metric: { job: 'a' }, values: times.map((t) => [t, asked.length]) }];
  });
  await range('up', { start: 100, end: 200, step: 10 });
  const [{ points }] = await range('up', { start: 110, end: 210, step: 10 });
  assert.deepEqual(asked, [100, 170], 'thirty seconds are asked for again');
  assert.deepEqual([...points], [110, 120, 130, 140, 150, 160].map((t) => [t * 1000, 1]).concat([170, 180, 190, 200, 210].map((t) => [t * 1000, 2])));
  silent = true;
  assert.equal((await range('up', { start: 120, end: 210, step: 10 }))[0].points.size, 6, 'what is asked for again and not there any more is gone');
  silent = false;
  await range('up', { start: 50, end: 210, step: 10 });
  assert.equal(asked.at(-1), 50, 'an earlier beginning is asked for whole');
  forget([]);
  await range('up', { start: 60, end: 210, step: 10 });
  assert.equal(asked.at(-1), 60, 'so is what was forgotten');
});
