import assert from 'node:assert/strict';
import test from 'node:test';
import { PATHS, reading } from '../static/flow/measure.js';
import { describe } from '../static/flow/words.js';
import { answers } from './flow-answers.js';

const [IO, CPU] = PATHS;
const FULL = { used: 0.98, limit: 1, up: 1 };
const IDLE = { used: 0.02, limit: 1, up: 1 };

/** Sentence and notes of a path, in one text. */
function said(values, { path = CPU, last = null, other = {} } = {}) {
  const rival = PATHS.find((each) => each !== path);
  const [own, others] = [[path, values], [rival, other]].map(([{ id, service: job }, of]) => answers({ id, job, ...of }));
  const moment = Object.fromEntries(Object.keys(own).map((query) => [query, [...own[query], ...others[query]]]));
  const now = reading(path, moment, last?.reading);
  const { sentence, notes } = describe(path, now, last, 1000, { [path.id]: now, [rival.id]: reading(rival, moment) });
  return [sentence, ...notes].join('\n');
}

const EARLIER = { time: 970, reading: { rate: 120, total: 55, cores: { used: 0.9, limit: 1 } } };

const CASES = [
  ['full, with a queue', { rate: 97, ...FULL, parts: { network: 1, queue: 200, cpu: 1 } }, [
    'CPU path: 99 % of the response time is queue: cpubound’s core is full (0.98 of 1 core), so requests wait for their turn.']],
  ['full, with two cores', { rate: 97, used: 1.9, limit: 2, up: 1, parts: { queue: 200, cpu: 1 } }, ['cpubound’s cores are full (1.90 of 2 cores)']],
  ['full, with entry', { rate: 97, ...FULL, parts: { entry: 80, queue: 1, cpu: 1 } }, ['is queueing (entry):', 'core is full (0.98 of 1 core)']],
  ['full, with queue and entry, each less than another part', { rate: 97, ...FULL, parts: { entry: 30, queue: 35, network: 40 } }, [
    '62 % of the response time is queueing (queue and entry)']],
  ['blocked, the service full', { rate: 97, ...FULL, parts: { blocked: 300, queue: 150, cpu: 1 } }, [
    'is queueing (blocked and queue):', 'all connections of the generator are in use, held up by cpubound, where its core is full',
    'LOADGEN_MAX_CONNECTIONS']],
  ['blocked, the service silent', { rate: 3, used: 1, limit: 1, up: 0, asked: 40, parts: { blocked: 300, queue: 2 } }, [
    'in use, held up by cpubound.', 'LOADGEN_MAX_CONNECTIONS', 'cpubound does not answer Prometheus.', 'The generator requests 40/s, of which 3/s succeed.']],
  ['blocked, the service waiting', { rate: 80, ...IDLE, parts: { blocked: 40, wait: 4, cpu: 0.01 } }, [
    'each for 50.1 ms while its request waits in iobound, which has CPU to spare', 'LOADGEN_MAX_CONNECTIONS'], { path: IO }],
  ['blocked by the other path', { rate: 80, ...IDLE, parts: { blocked: 400, wait: 4, cpu: 0.01 } }, [
    'IO path: 99 % of the response time is queueing (blocked): all connections of the generator are in use, most of them by the CPU path, '
    + 'held up by cpubound, where its core is full (0.98 of 1 core). The limit is LOADGEN_MAX_CONNECTIONS.'],
  { path: IO, other: { rate: 97, ...FULL, parts: { blocked: 300, queue: 150, cpu: 1 } } }],
  ['blocked by other routes', { rate: 80, ...IDLE, parts: { blocked: 400, wait: 4 } }, ['in use, most of them by other routes.'],
    { path: IO, other: { id: '', rate: 40, parts: { wait: 40 } } }],
  ['late, though the service is full', { rate: 97, ...FULL, parts: { lag: 100, queue: 40, entry: 20, cpu: 1 } }, [
    'is lag: the generator itself was late, so do not trust this measurement; cpubound is full as well (0.98 of 1 core)']],
  ['somewhat late', { rate: 97, ...FULL, parts: { lag: 20, queue: 60, cpu: 1 } }, ['is queue:', '25 % is lag: the generator itself was late']],
  ['silent under load', { rate: 20, asked: 120, used: 0.9, limit: 1, up: 0, calls: 21, parts: { network: 100, queue: 30 } }, [
    'cpubound does not answer Prometheus. The gateway’s calls to it complete at 21/s; the generator requests 120/s, of which 20/s succeed.']],
  ['silent under load, with a queue', { rate: 20, up: 0, parts: { network: 10, queue: 30 } }, ['is queue: requests queue for cpubound.']],
  ['silent under load, no request answered', { asked: 120, up: 0 }, [
    '120 requests/s are due but none has been answered recently: cpubound is stopped, overloaded or unreachable. cpubound does not answer Prometheus.']],
  ['silent under load, its last state known', { asked: 120, up: 0 }, ['none has been answered recently'], { last: EARLIER }],
  ['no request answered by a full service', { asked: 120, ...FULL }, ['none has been answered recently: cpubound’s core is full']],
  ['silent, no traffic', { up: 0 }, ['no requests now, nor in the last few minutes. cpubound is down, stopped or unreachable. cpubound does not answer Prometheus.']],
  ['silent, no traffic any more', { up: 0 }, ['Faded: the state 30 s ago, 120/s at 55 ms each. cpubound is down, stopped or unreachable.'], { last: EARLIER }],
  ['failing', { rate: 0, failures: { 500: 40 }, ...IDLE, parts: { network: 0.1, wait: 0.05, queue: 0.01 } }, [
    'every request fails (500: an error in the service). 63 % of the response time is network: mostly network time; cpubound itself is nearly idle']],
  ['failing, without a reply', { rate: 0, failures: { timeout: 40 }, ...FULL, parts: { unattributed: 100, blocked: 50 } }, [
    'every request fails (no reply in time). 67 % of the response time is unattributed: requests without a reply, or whose reply reports no parts; cpubound is full as well']],
  ['blocked by the silent path', { rate: 80, ...IDLE, parts: { blocked: 400, wait: 4 } }, ['in use, most of them by the CPU path, held up by cpubound. The limit'],
    { path: IO, other: { rate: 0, asked: 100, up: 0 } }],
  ['failing, refused', { rate: 5, failures: { 503: 30, 504: 15 }, ...FULL, parts: { queue: 20, cpu: 1 } }, [
    '90 % of the requests fail (503: refused to protect the service; 504: the service exceeded the gateway’s time limit). 95 % of the response time is queue']],
  ['some failing', { rate: 90, failures: { timeout: 10 }, ...FULL, parts: { queue: 20, cpu: 1 } }, ['is queue:', '10 % of the requests fail (no reply in time).']],
  ['idle path', { ...IDLE }, ['CPU path: no requests now, nor in the last few minutes.']],
  ['idle path, its last state known', { ...IDLE }, ['no requests now. Faded: the state 30 s ago, 120/s at 55 ms each.'], { last: EARLIER }],
  ['noisy neighbour, entry', { rate: 60, used: 0.3, limit: 1, up: 1, parts: { entry: 9, queue: 2, cpu: 0.6 } }, [
    'is queueing (entry and queue): requests queue for cpubound although it uses only 0.30 of 1 core: they wait for a processor that other programs use']],
  ['noisy neighbour, queue', { rate: 60, used: 0.3, limit: 1, up: 1, parts: { entry: 0.1, queue: 9, cpu: 0.6 } }, [
    'uses only 0.30 of 1 core: they wait for a slot, a lock or a processor that other programs use']],
  ['the gateway’s line', { rate: 60, used: 0.3, limit: 1, up: 1, gatewayQueue: 8, parts: { entry: 0.1, queue: 9, cpu: 0.6 } }, [
    'requests queue in the gateway, for a connection, a slot or a processor']],
  ['nearly idle', { rate: 5, ...IDLE, parts: { network: 1, cpu: 0.1 } }, ['mostly network time; cpubound itself is nearly idle (0.02 of 1 core)']],
  ['network, the service full', { rate: 90, ...FULL, parts: { network: 90, queue: 40, cpu: 1 } }, ['cpubound is full (0.98 of 1 core), and this time is in transit']],
  ['network, cores unknown', { rate: 90, up: 1, parts: { network: 90 } }, ['is network: mostly network time.']],
  ['CPU-bound', { rate: 30, used: 0.3, limit: 1, up: 1, parts: { network: 0.01, cpu: 0.3 } }, ['is cpu: CPU-bound, with CPU to spare (0.30 of 1 core)']],
  ['CPU-bound, full', { rate: 90, ...FULL, parts: { queue: 0.2, cpu: 0.9 } }, ['CPU-bound, and cpubound’s core is full (0.98 of 1 core): more load can only queue']],
  ['no parts known', { rate: 5, up: 1 }, ['CPU path: 5 requests/s complete; no timing data yet.']],
  ['waiting', { rate: 100, used: 0.1, limit: 2, up: 1, parts: { wait: 5 } }, [
    'IO path: 100 % of the response time is wait: on average 5 requests wait at once and need hardly any CPU (0.10 of 2 cores).'], { path: IO }],
  ['called by others alone', { served: 10, work: { queue: 0.5, cpu: 0.1, wait: 0 }, entry: 0.2, ...FULL }, [
    '83 % of the time in cpubound is queueing (queue and entry)', 'The generator is not calling this path now; cpubound serves 10/s for other callers.']],
];

for (const [name, values, wanted, more] of CASES) {
  test(name, () => {
    const text = said(values, more);
    for (const part of wanted) assert.ok(text.includes(part), `${JSON.stringify(text)} lacks ${JSON.stringify(part)}`);
    assert.doesNotMatch(text, /undefined|NaN|null/);
  });
}

/** Every state of a service under every division of the response. */
function* states() {
  const services = [FULL, { up: 0 }, { ...FULL, up: 0 }, IDLE, { used: 0.5, limit: 1, up: 1 }, { up: 1 }];
  const names = ['lag', 'blocked', 'connect', 'network', 'unattributed', 'entry', 'queue', 'cpu', 'wait'];
  for (const service of services) {
    for (const failures of [{}, { 503: 99 }]) {
      for (let n = 1; n < 2 ** names.length; n++) {
        const parts = Object.fromEntries(names.map((part, i) => [part, n & 2 ** i ? 10 + i : 0]));
        yield { rate: 1, failures, parts, ...service };
      }
    }
  }
}

test('in every state: a full or silent service is never idle, and the largest line is called a queue', () => {
  for (const values of states()) {
    const text = said(values);
    assert.doesNotMatch(text, /hardly asked|undefined|NaN/);
    if (values.up === 0 || values === FULL || values.used >= 0.9) assert.doesNotMatch(text, /idle|to spare|hardly any/, JSON.stringify(values));
    const { blocked, entry, queue, ...others } = values.parts;
    if (blocked + entry + queue > Math.max(...Object.values(others))) assert.match(text.split('\n')[0], /queue/, JSON.stringify(values));
    if (values.up === 0) assert.match(text, /does not answer Prometheus/);
  }
});
