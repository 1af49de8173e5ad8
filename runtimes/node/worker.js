'use strict';
// A thread of the pool in threads.js, with an interpreter and an event loop of its own.
const { parentPort } = require('node:worker_threads');
const { jobs } = require('./jobs.js');

parentPort.on('message', ({ job, ms }) => parentPort.postMessage(jobs[job](ms)));
