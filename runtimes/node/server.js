'use strict';
// The tutorial's server on Node's http module, which has an event loop as Tornado
// and asyncio do. It needs nothing but Node; only spans need packages from npm.
const SERVICE = 'node';
const { startTracing, setRoute, traceResponse, stopTracing } = require('./tracing.js');
startTracing(SERVICE);
const http = require('node:http');
const { metrics, observe, addActive, startActive, startLag, UNMATCHED } = require('./metrics.js');
const { jobs } = require('./jobs.js');
const { runInThread } = require('./threads.js');

const METHODS = ['DELETE', 'GET', 'POST', 'PUT'];
const PARAMETERS = ['blocking', 'executor', 'ms'];
const MOST_BODY = 64 << 10; // bytes; a larger one is answered 413
const DRAIN_LIMIT = 10_000; // ms that requests in progress have at the end

// One line for each route: its default delay in ms, the upper bound, and whether
// it computes. Add yours here.
const ROUTES = {
  '/fast': { ms: 20, most: 60_000 },
  '/slow': { ms: 200, most: 60_000 },
  '/wait': { ms: 50, most: 60_000 },
  '/spin': { ms: 10, most: 10_000, spins: true },
};

let stopping = false; // after SIGTERM each reply ends its connection

/** A request that is answered with an error. */
class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

function parse(route, query) {
  const given = new URLSearchParams(query);
  for (const name of given.keys()) {
    if (!PARAMETERS.includes(name)) throw new Refused(400, `${name}: unknown parameter; known are ${PARAMETERS.join(', ')}`);
  }
  const ms = given.get('ms') ?? String(route.ms);
  const blocking = given.get('blocking') ?? 'false';
  const executor = given.get('executor') ?? 'loop'; // who does work that holds its thread
  if (!/^[0-9]+(\.[0-9]+)?$/.test(ms) || Number(ms) > route.most) {
    throw new Refused(400, `ms must be a number of milliseconds from 0 to ${route.most}`);
  }
  if (blocking !== 'true' && blocking !== 'false') throw new Refused(400, 'blocking must be true or false');
  if (executor !== 'loop' && executor !== 'threads') throw new Refused(400, 'executor must be loop or threads');
  return { ms: Number(ms), blocking: blocking === 'true', executor };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function work(route, { ms, blocking, executor }) {
  if (!route.spins && !blocking) {
    await sleep(ms);
    return { waited_ms: ms };
  }
  const job = route.spins ? 'spin' : 'block';
  if (executor === 'threads') return runInThread(job, ms);
  return jobs[job](ms); // all other requests wait for this line
}

async function skipBody(request) {
  let size = Number(request.headers['content-length'] ?? 0);
  if (size > MOST_BODY) throw new Refused(413, `the body may have at most ${MOST_BODY} bytes`);
  size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MOST_BODY) throw new Refused(413, `the body may have at most ${MOST_BODY} bytes`);
  }
}

async function answer(request, path, query) {
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (!route) throw new Refused(404, 'there is no such route');
  if (!METHODS.includes(request.method)) throw new Refused(405, 'the route does not take this method');
  await skipBody(request);
  const given = parse(route, query);
  const result = await work(route, given);
  return { service: SERVICE, method: request.method, route: path, result: { ...result, blocking: given.blocking } };
}

function respond(response, status, type, body, further = {}) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), ...further });
  response.end(body);
}

async function serve(request, response) {
  const [path, query = ''] = request.url.split('?', 2);
  if (request.method === 'GET' && path === '/metrics') {
    respond(response, 200, 'text/plain; version=0.0.4; charset=utf-8', metrics());
    return;
  }
  const began = performance.now();
  const route = Object.hasOwn(ROUTES, path) && METHODS.includes(request.method) ? path : UNMATCHED;
  const further = traceResponse(request.headers.traceparent);
  if (route !== UNMATCHED) setRoute(route);
  let status = 200;
  let type = 'application/json';
  let body;
  addActive(request.method, route, 1);
  try {
    body = await answer(request, path, query);
  } catch (error) {
    if (!(error instanceof Refused)) console.error(error);
    status = error instanceof Refused ? error.status : 500;
    type = 'application/problem+json';
    if (status === 405) further.Allow = METHODS.join(', ');
    body = { type: 'about:blank', title: http.STATUS_CODES[status], status, detail: status === 500 ? '' : error.message };
  } finally {
    addActive(request.method, route, -1);
  }
  if (stopping || status === 413) further.Connection = 'close';
  observe(request.method, route, status, (performance.now() - began) / 1000);
  respond(response, status, type, JSON.stringify(body), further);
}

/** LISTEN_ADDR, as host:port, or the port of this server on loopback. */
function address() {
  const [, host, port] = /^(.*):([0-9]+)$/.exec(process.env.LISTEN_ADDR ?? '127.0.0.1:8094');
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

startActive(METHODS, Object.keys(ROUTES));
startLag();
const server = http.createServer({ keepAliveTimeout: 120_000, maxHeaderSize: 16 << 10 }, serve);
server.listen({ ...address(), backlog: 1024 }, () => {
  const { address: host, port } = server.address();
  console.log(JSON.stringify({ level: 'info', msg: 'serving', service: SERVICE, address: `${host}:${port}` }));
});

function stop() {
  stopping = true;
  server.close(() => stopTracing().finally(() => process.exit(0)));
  server.closeIdleConnections();
  setTimeout(() => process.exit(1), DRAIN_LIMIT).unref();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
if (process.env.LAB_LIFELINE) process.stdin.resume().once('end', stop); // the lab that started this server is gone
