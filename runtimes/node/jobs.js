'use strict';
// What a request can do that holds its thread.
const fs = require('node:fs');
const { isMainThread } = require('node:worker_threads');

/** The CPU time of this process in ms. */
const ofProcess = ({ user, system }) => (user + system) / 1000;

/**
 * A clock of CPU time in ms. Node has one of the thread since 23.9. Before, it has
 * only that of the process, which all threads advance: in the main thread a
 * computation may end before its time while V8 compiles on another core. Worker
 * threads, which compute at the same time, read Linux's clock of the thread
 * instead, although a running thread sees it advance in steps of up to 4 ms.
 */
function clock() {
  if (process.threadCpuUsage) return () => ofProcess(process.threadCpuUsage());
  if (isMainThread || process.platform !== 'linux') return () => ofProcess(process.cpuUsage());
  const file = fs.openSync('/proc/thread-self/schedstat', 'r');
  const text = Buffer.alloc(64);
  return () => Number.parseInt(text.latin1Slice(0, fs.readSync(file, text, 0, text.length, 0)), 10) / 1e6;
}

const cpuMilliseconds = clock();
const STEPS_PER_LOOK = 1000; // between two looks at the clock: some tens of microseconds

/** Uses up ms of CPU time with a 64-bit xorshift generator, in two halves of 32 bits that need no allocation. */
function spin(ms) {
  let high = 0;
  let low = 1;
  let steps = 0;
  for (const until = cpuMilliseconds() + ms; cpuMilliseconds() < until; steps += STEPS_PER_LOOK) {
    for (let i = 0; i < STEPS_PER_LOOK; i++) {
      high ^= (high << 13) | (low >>> 19);
      low ^= low << 13;
      low ^= (low >>> 7) | (high << 25);
      high ^= high >>> 7;
      high ^= (high << 17) | (low >>> 15);
      low ^= low << 17;
    }
  }
  return { steps, state: ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString() };
}

/** Waits as a synchronous call does: the thread can do nothing else. */
function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return { waited_ms: ms };
}

module.exports = { jobs: { spin, block } };
