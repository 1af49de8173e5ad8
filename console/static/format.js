/** Numbers as the reader wants them: three digits that count, and a unit of a fitting size. */

/** @type {[number, string][]} */
const TIMES = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's'], [1e-3, 'ms'], [1e-6, 'µs'], [1e-9, 'ns']];
/** @type {[number, string][]} */
const SHORT = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
/** @type {[number, string][]} */
const BINARY = [[2 ** 40, 'Ti'], [2 ** 30, 'Gi'], [2 ** 20, 'Mi'], [2 ** 10, 'Ki']];

/** How the units of Grafana that the dashboards use are written. */
const UNITS = {
  none: (v, d) => digits(v, d),
  short: (v, d) => scaled(v, SHORT, '', d, ''),
  percentunit: (v, d) => `${digits(100 * v, d)} %`,
  percent: (v, d) => `${digits(v, d)} %`,
  s: (v, d) => seconds(v, d),
  ms: (v, d) => seconds(v / 1e3, d),
  ns: (v, d) => seconds(v / 1e9, d),
  bytes: (v, d) => scaled(v, BINARY, 'B', d),
  decbytes: (v, d) => scaled(v, SHORT, 'B', d),
  Bps: (v, d) => scaled(v, SHORT, 'B/s', d),
  reqps: (v, d) => scaled(v, SHORT, '/s', d),
  ops: (v, d) => scaled(v, SHORT, '/s', d),
};

/**
 * Writes a value in a unit of Grafana.
 * @param {number} value
 * @param {string} [unit] Grafana's id of the unit; one that is not known is written behind the number
 * @param {number} [decimals] digits behind the point; without it, three digits that count
 */
export function format(value, unit = 'none', decimals = undefined) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const write = UNITS[unit || 'none'];
  return write ? write(value, decimals ?? undefined) : `${digits(value, decimals)} ${unit}`;
}

/** Writes a length of time. @param {number} ms milliseconds */
export function duration(ms) {
  return format(ms, 'ms');
}

/** Writes a number of any size. @param {number} v */
export function number(v) {
  return format(v, 'short');
}

/** Writes the local time of day, with milliseconds. @param {number} ms milliseconds since the epoch */
export function time(ms) {
  const at = new Date(ms);
  const two = (n, width = 2) => String(n).padStart(width, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${two(at.getMilliseconds(), 3)}`;
}

function seconds(value, decimals) {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  const [factor, name] = TIMES.find(([least]) => size >= least * (1 - 1e-9)) ?? TIMES[TIMES.length - 1];
  return `${digits(value / factor, decimals)} ${name}`;
}

function scaled(value, steps, unit, decimals, space = ' ') {
  const [factor, prefix] = steps.find(([least]) => Math.abs(value) >= least) ?? [1, ''];
  const name = prefix + unit;
  return name ? `${digits(value / factor, decimals)}${prefix && !unit ? space : ' '}${name}` : digits(value, decimals);
}

function digits(value, decimals) {
  const size = Math.abs(value);
  const places = decimals ?? (size === 0 || size >= 100 ? 0 : Math.min(6, 2 - Math.floor(Math.log10(size))));
  const text = value.toFixed(Math.max(0, Math.min(20, places)));
  const plain = decimals === undefined && text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return (/^-0(\.0*)?$/.test(plain) ? plain.slice(1) : plain).replace('-', '−');
}
