'use strict';
// A pool of worker threads for jobs that would hold the event loop.
const path = require('node:path');
const { Worker } = require('node:worker_threads');

const WORKERS = Number(process.env.WORKERS ?? '4');

const idle = [];
const queue = []; // of functions that take a worker
let started = 0;

/** Gives the worker to the next job, if there is one. */
function release(worker) {
  const next = queue.shift();
  if (next) next(worker);
  else idle.push(worker);
}

/** Runs the job of jobs.js in a thread as soon as one of WORKERS is free, and resolves to its result. */
function runInThread(job, ms) {
  return new Promise((resolve) => {
    queue.push((worker) => {
      worker.once('message', (result) => {
        resolve(result);
        release(worker);
      });
      worker.postMessage({ job, ms });
    });
    if (idle.length > 0) release(idle.pop());
    else if (started < WORKERS) {
      started++;
      release(new Worker(path.join(__dirname, 'worker.js')));
    }
  });
}

module.exports = { runInThread };
