'use strict';
// The metrics of the lab's services in Prometheus's text format. Debian has no
// package of a client for Node, so this server writes them itself.
const { readFileSync } = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');

const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const LAG_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LAG_INTERVAL = 50; // ms between two measurements

/** Labels as the text format writes them. */
const block = (labels) => (labels.length > 0 ? `{${labels.map(([key, value]) => `${key}="${value}"`).join(',')}}` : '');

/** A histogram with cumulative buckets. */
class Histogram {
  constructor(bounds) {
    this.bounds = bounds;
    this.counts = bounds.map(() => 0);
    this.count = 0;
    this.sum = 0;
  }

  observe(value) {
    const at = this.bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.counts[at]++;
    this.count++;
    this.sum += value;
  }

  lines(name, labels) {
    const bucket = (bound, count) => `${name}_bucket${block([...labels, ['le', bound]])} ${count}`;
    let below = 0;
    const buckets = this.bounds.map((bound, i) => bucket(bound, (below += this.counts[i])));
    return [...buckets, bucket('+Inf', this.count), `${name}_sum${block(labels)} ${this.sum}`, `${name}_count${block(labels)} ${this.count}`];
  }
}

const durations = new Map(); // by method, route and status
const activeRequests = new Map(); // by method and route, as labels
const lag = new Histogram(LAG_BOUNDS);
const delay = monitorEventLoopDelay({ resolution: 10 });

// The label values of the semantic conventions; any other method is counted as _OTHER.
const KNOWN = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'];
const UNMATCHED = 'unmatched'; // the route label of a request without a route

/** The labels that both metrics of requests have. */
const labelsOf = (method, route) => [
  ['http_request_method', KNOWN.includes(method) ? method : '_OTHER'],
  ['http_route', route],
  ['url_scheme', 'http'], // the server speaks no TLS
];

/** Changes the number of requests in progress. */
function addActive(method, route, change) {
  const key = block(labelsOf(method, route));
  activeRequests.set(key, (activeRequests.get(key) ?? 0) + change);
}

/** Makes the metrics of requests in progress start at 0. */
function startActive(methods, routes) {
  for (const method of methods) for (const route of routes) addActive(method, route, 0);
  for (const method of [...KNOWN, '_OTHER']) addActive(method, UNMATCHED, 0);
}

/** Counts a request that has been answered. */
function observe(method, route, status, seconds) {
  const labels = [...labelsOf(method, route), ['http_response_status_code', status], ['error_type', status >= 500 ? status : '']];
  const key = labels.join();
  if (!durations.has(key)) durations.set(key, { labels, histogram: new Histogram(DURATION_BOUNDS) });
  durations.get(key).histogram.observe(seconds);
}

/** Measures from now on how late timers of the event loop fire: as the other servers do, and as Node itself does. */
function startLag() {
  delay.enable();
  let due = performance.now() + LAG_INTERVAL;
  const look = () => {
    lag.observe(Math.max(0, performance.now() - due) / 1000);
    due = performance.now() + LAG_INTERVAL;
    setTimeout(look, LAG_INTERVAL).unref();
  };
  setTimeout(look, LAG_INTERVAL).unref();
}

const family = (name, type, help, lines) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];

/** The limit of open files, which Node has raised as far as this process may; only Linux tells it. */
function maxFiles() {
  if (process.platform !== 'linux') return [];
  const [, limit] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  return [family('process_max_fds', 'gauge', 'Maximum number of open file descriptors.', [`process_max_fds ${limit}`])];
}

/** All metrics as text. */
function metrics() {
  const { user, system } = process.cpuUsage();
  const name = 'http_server_request_duration_seconds';
  const text = [
    family(name, 'histogram', 'Duration of HTTP server requests.', [...durations.values()].flatMap(({ labels, histogram }) => histogram.lines(name, labels))),
    family('http_server_active_requests', 'gauge', 'HTTP server requests in progress.',
      [...activeRequests].map(([labels, n]) => `http_server_active_requests${labels} ${n}`)),
    family('lab_event_loop_lag_seconds', 'histogram', 'How much later than planned a timer of the event loop fired.', lag.lines('lab_event_loop_lag_seconds', [])),
    family('nodejs_eventloop_lag_p99_seconds', 'gauge', "Node's own measure of the delay of its event loop since the last scrape.",
      [`nodejs_eventloop_lag_p99_seconds ${delay.count > 0 ? delay.percentile(99) / 1e9 : 0}`]),
    family('lab_parallel_threads', 'gauge', '1 if threads can compute at the same time, 0 if one lock is for all of them.', ['lab_parallel_threads 1']),
    family('process_cpu_seconds_total', 'counter', 'Total user and system CPU time spent in seconds.', [`process_cpu_seconds_total ${(user + system) / 1e6}`]),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.', [`process_resident_memory_bytes ${process.memoryUsage.rss()}`]),
    ...maxFiles(),
  ];
  delay.reset();
  return `${text.flat().join('\n')}\n`;
}

module.exports = { metrics, observe, addActive, startActive, startLag, UNMATCHED };
