import assert from 'node:assert/strict';
import test from 'node:test';
import { jobsOf, knowledge, silence } from '../static/silence.js';

test('the jobs of a panel are those that its expressions select by name', () => {
  assert.deepEqual(jobsOf([
    'sum(rate(a{job="cpubound", http_route!="unmatched"}[8s])) / sum(b{job="cpubound"})', 'c{x="y", job=~"(iobound|items)"}', 'ALERTS{alertstate="firing"}',
    'sum by (job) (up{my_job="other"})',
  ]), ['cpubound', 'iobound', 'items']);
});

test('what others know is said, as far as they do', () => {
  assert.equal(silence('loadgen', {}), 'loadgen does not answer Prometheus.');
  assert.equal(silence('cpubound', { calls: 12.34 }), 'cpubound does not answer Prometheus. The gateway’s calls to it complete at 12.3/s.');
  assert.equal(silence('cpubound', { calls: 12, asked: 40, answered: 0 }),
    'cpubound does not answer Prometheus. The gateway’s calls to it complete at 12/s; the generator requests 40/s, of which 0/s succeed.');
});

test('of what neither calls, nothing is asked', () => {
  assert.equal(knowledge('prometheus', 10), '');
  assert.match(knowledge('items', 10), /service_peer_name="items".*target=~"\.\*\/items\.\*"/s);
});
