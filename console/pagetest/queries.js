/** Writes every query of "Where the time goes" and of the silent services, for the test that parses them. */
import { expressions } from '../static/flow/measure.js';
import { knowledge, SILENT } from '../static/silence.js';

const services = ['iobound', 'cpubound', 'mixed', 'items', 'gateway'];
console.log(JSON.stringify([...Object.values(expressions(10)), SILENT, ...services.map((job) => knowledge(job, 10))]));
