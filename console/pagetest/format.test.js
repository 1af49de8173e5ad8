import assert from 'node:assert/strict';
import test from 'node:test';
import { duration, format, number, time } from '../static/format.js';

const CASES = [
  [format(0.0123, 's'), '12.3 ms'], [format(0, 's'), '0 s'], [format(90, 's'), '1.5 min'], [format(1e-7, 's'), '100 ns'], [format(0.9999999999, 's'), '1 s'],
  [format(5400, 's'), '1.5 h'], [format(3 * 86400, 's'), '3 d'], [format(250, 'ms'), '250 ms'], [format(1500, 'ns'), '1.5 µs'],
  [format(1536, 'bytes'), '1.5 KiB'], [format(2e6, 'decbytes'), '2 MB'], [format(1e3, 'Bps'), '1 kB/s'], [format(12, 'bytes'), '12 B'],
  [format(0.256, 'percentunit'), '25.6 %'], [format(99.5, 'percent', 2), '99.50 %'], [format(1234, 'reqps'), '1.23 k/s'], [format(7, 'ops'), '7 /s'],
  [format(12345), '12345'], [format(0.000012345), '0.000012'], [format(1.5, 'cores'), '1.5 cores'], [format(1.5, ''), '1.5'],
  [format(NaN, 's'), '–'], [format(null), '–'], [format(undefined), '–'], [format(Infinity), '∞'], [format(-Infinity), '−∞'],
  [format(-0.001, 'none', 1), '0.0'], [format(-2.5), '−2.5'], [number(1_500_000), '1.5M'], [number(42), '42'], [duration(55.04), '55 ms'],
];

for (const [found, wanted] of CASES) test(`${wanted}`, () => assert.equal(found, wanted));

test('the time of day has milliseconds', () => {
  assert.equal(time(new Date(2026, 0, 2, 3, 4, 5, 6).getTime()), '03:04:05.006');
});
