'use strict';
// The metrics of the lab's services in Prometheus's text format. Debian has no
// package of a client for Node, so this server writes them itself.
const { monitorEventLoopDelay } = require('node:perf_hooks');

const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const LAG_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LAG_INTERVAL = 50; // ms between two measurements

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
    const block = (further = []) => {
      const all = [...labels, ...further].map(([key, value]) => `${key}="${value}"`);
      return all.length > 0 ? `{${all.join(',')}}` : '';
    };
    let below = 0;
    const buckets = this.bounds.map((bound, i) => `${name}_bucket${block([['le', bound]])} ${(below += this.counts[i])}`);
    return [...buckets, `${name}_bucket${block([['le', '+Inf']])} ${this.count}`, `${name}_sum${block()} ${this.sum}`, `${name}_count${block()} ${this.count}`];
  }
}

const durations = new Map(); // by method, route and status
const activeRequests = {}; // by route
const lag = new Histogram(LAG_BOUNDS);
const delay = monitorEventLoopDelay({ resolution: 10 });

const KNOWN = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/** Counts a request that has been answered. */
function observe(method, route, status, seconds) {
  const labels = [
    ['http_request_method', KNOWN.includes(method) ? method : '_OTHER'],
    ['http_route', route],
    ['http_response_status_code', status],
  ];
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

/** All metrics as text. */
function metrics() {
  const { user, system } = process.cpuUsage();
  const name = 'http_server_request_duration_seconds';
  const text = [
    family(name, 'histogram', 'Duration of HTTP server requests.', [...durations.values()].flatMap(({ labels, histogram }) => histogram.lines(name, labels))),
    family('http_server_active_requests', 'gauge', 'HTTP server requests in progress.',
      Object.entries(activeRequests).map(([route, n]) => `http_server_active_requests{http_route="${route}"} ${n}`)),
    family('lab_event_loop_lag_seconds', 'histogram', 'How much later than planned a timer of the event loop fired.', lag.lines('lab_event_loop_lag_seconds', [])),
    family('nodejs_eventloop_lag_p99_seconds', 'gauge', "Node's own measure of the delay of its event loop since the last scrape.",
      [`nodejs_eventloop_lag_p99_seconds ${delay.count > 0 ? delay.percentile(99) / 1e9 : 0}`]),
    family('process_cpu_seconds_total', 'counter', 'Total user and system CPU time spent in seconds.', [`process_cpu_seconds_total ${(user + system) / 1e6}`]),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.', [`process_resident_memory_bytes ${process.memoryUsage.rss()}`]),
  ];
  delay.reset();
  return `${text.flat().join('\n')}\n`;
}

module.exports = { metrics, observe, activeRequests, startLag };
