import assert from 'node:assert/strict';
import test from 'node:test';
import { doubt } from '../static/validity.js';

const second = (more) => ({ valid: false, reasons: ['lag'], lag_p99_ns: 1.4e6, response_p50_ns: 55e6, ...more });

test('a valid measurement is in no doubt', () => {
  assert.equal(doubt([]), null);
  assert.equal(doubt([second({ valid: true, reasons: undefined })]), null);
});

test('lag makes times too long by as much, which matters for short ones', () => {
  assert.deepEqual(doubt([second()]), { off: 'the generator is late: times up to 1.4 ms too long, 2.5 % of the median', short: 'times up to 1.4 ms too long', matters: false });
  assert.deepEqual(doubt([second({ response_p50_ns: 7e6 }), second({ lag_p99_ns: 1.1e6 })]),
    { off: 'the generator is late: times up to 1.4 ms too long, 20 % of the median', short: 'times up to 1.4 ms too long', matters: true });
  assert.equal(doubt([second({ response_p50_ns: 0 })]).matters, true, 'without replies nothing is known');
  assert.equal(doubt([second({ lag_p99_ns: 5e6, response_p50_ns: 100e6 }), second({ lag_p99_ns: 2e6, response_p50_ns: 4e6 })]).matters, true, 'the largest lag is not the largest share');
});

test('a doubt without a size matters', () => {
  assert.deepEqual(doubt([second({ reasons: ['cpu'] })]), { off: 'the generator uses over 80 % of the processors: times may be too long', short: 'generator short of CPU', matters: true });
  assert.equal(doubt([second(), second({ reasons: ['cpu', 'lag'] })]).off.split('; ').length, 2);
  assert.equal(doubt([second({ reasons: [] })]).matters, true);
});
