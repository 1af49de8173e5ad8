import assert from 'node:assert/strict';
import test from 'node:test';
import { format, parse } from '../static/route.js';
import { address } from '../static/watch/links.js';

test('an address is read as it was written', () => {
  const hash = format('traces', ['a/b', 'ü'], { service: 'mixed', min: '', max: null, sort: 'a&b' });
  assert.equal(hash, '#/traces/a%2Fb/%C3%BC?service=mixed&sort=a%26b');
  const { tab, path, query } = parse(hash);
  assert.deepEqual([tab, path, Object.fromEntries(query)], ['traces', ['a/b', 'ü'], { service: 'mixed', sort: 'a&b' }]);
});

test('an empty or broken address has an answer', () => {
  assert.deepEqual([parse('').tab, parse('#').path, parse('#/watch/%zz').path], ['', [], ['%zz']]);
});

test('a link of Grafana leads to the same place on the page', () => {
  assert.equal(address('/d/service?var-service=iobound&${__url_time_range}'), '#/watch/service?var-service=iobound');
  assert.equal(address('/d/slo'), '#/watch/slo');
  assert.equal(address('https://example.com/d/slo'), 'https://example.com/d/slo');
});
