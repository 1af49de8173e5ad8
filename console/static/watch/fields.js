/** What a panel's `fieldConfig` says about a series: unit, colour, bounds, and how it is drawn. */
import { format } from '../format.js';

/** Grafana's names of colours that differ between its themes; watch.css has their values. */
const HUES = new Set(['light-red', 'red', 'semi-dark-red', 'dark-orange', 'green', 'semi-dark-green', 'blue', 'light-purple', 'purple', 'semi-dark-purple']);

/**
 * The configuration of one series: the panel's defaults with its overrides.
 * @param {Panel} panel
 * @param {string} name of the series
 */
export function field(panel, name) {
  const { defaults = {}, overrides = [] } = panel.fieldConfig ?? {};
  const one = { ...defaults, custom: { ...defaults.custom } };
  for (const { matcher, properties } of overrides) {
    if (!matches(matcher, name)) continue;
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) one.custom[id.slice('custom.'.length)] = value;
      else one[id] = value;
    }
  }
  return one;
}

function matches({ id, options }, name) {
  if (id === 'byName') return options === name;
  if (id !== 'byRegexp') return false;
  const [, pattern, flags] = /^\/(.*)\/([a-z]*)$/s.exec(options) ?? [null, options, ''];
  return new RegExp(pattern, flags).test(name);
}

/** What a series is called: as its field says, or by its own name. */
export function called(name, one) {
  return one.displayName ?? name;
}

/** Writes a value as its field says: by a mapping, or in its unit. */
export function text(value, one) {
  if (value === null || value === undefined || Number.isNaN(value)) return one.noValue ?? '–';
  return mapping(value, one)?.text ?? format(value, one.unit, one.decimals);
}

/**
 * The colour of a value.
 * @param {number|null} value decides where the colour follows thresholds
 * @returns {string} a CSS colour, which may be a variable of the page
 */
export function color(value, one) {
  const mapped = mapping(value, one)?.color;
  if (mapped) return named(mapped);
  if (one.color?.mode === 'thresholds') return threshold(value, one);
  return named(one.color?.fixedColor ?? 'text');
}

/** The lines of a field's thresholds. @returns {{value: number, color: string}[]} */
export function lines(one) {
  return steps(one).filter((s) => s.value !== null && s.value !== undefined).map((s) => ({ value: s.value, color: named(s.color) }));
}

function threshold(value, one) {
  const reached = steps(one).filter((s) => (s.value ?? -Infinity) <= (value ?? -Infinity));
  return named(reached.at(-1)?.color ?? 'text');
}

function steps(one) {
  return one.thresholds?.steps ?? [];
}

function mapping(value, one) {
  for (const { type, options } of one.mappings ?? []) {
    if (type === 'value' && options[String(value)]) return options[String(value)];
    if (type === 'range' && value >= (options.from ?? -Infinity) && value <= (options.to ?? Infinity)) return options.result;
  }
  return undefined;
}

function named(name) {
  if (HUES.has(name)) return `var(--hue-${name})`;
  return name === 'text' ? 'var(--text)' : name;
}

/** What Canvas takes for a CSS colour: variables are looked up. */
export function ink(css) {
  const variable = /^var\((--[\w-]+)\)$/.exec(css);
  return variable ? getComputedStyle(document.documentElement).getPropertyValue(variable[1]).trim() : css;
}

/** A colour of `#rrggbb` with an opacity of 0 to 1. */
export function faint(hex, opacity) {
  return /^#[0-9a-f]{6}$/i.test(hex) ? hex + Math.round(opacity * 255).toString(16).padStart(2, '0') : hex;
}
