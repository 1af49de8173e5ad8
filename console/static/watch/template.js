/** Variables in queries, replaced as Grafana's Prometheus data source does, and as the package panelquery does. */

/** The value of a variable that stands for every value of its list. */
export const ALL = '$__all';

/** Matches $name, ${name}, ${name:format}, [[name]] and [[name:format]]. */
const REFERENCE = /\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)(?::(\w+))?\]\]/g;

/**
 * Replaces the variables of a query.
 * @param {string} text
 * @param {{variables: object[], values: Object<string, string[]>, options: Object<string, string[]>,
 *   range: number, interval: number, scrape: number}} context variables as in the dashboard's JSON; what is
 *   chosen and what can be chosen, by name; times in seconds
 * @throws {Error} for a name that neither Grafana nor the dashboard defines
 */
export function expand(text, context) {
  return text.replace(REFERENCE, (found, a, b, formatB, c, formatC) => value(a ?? b ?? c, formatB ?? formatC ?? '', context));
}

/** Writes a series' name: `{{label}}` is the label's value. Without a format, the labels as Prometheus writes them. */
export function legend(template, labels) {
  if (template) return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (found, label) => labels[label] ?? '').trim();
  const { __name__: name = '', ...rest } = labels;
  const written = Object.entries(rest).map(([label, text]) => `${label}="${text}"`);
  return written.length > 0 ? `${name}{${written.join(', ')}}` : name || 'value';
}

/** Takes `label_values(selector, label)` apart. @returns {{selector: string, label: string}} */
export function labelQuery(text) {
  const found = /^\s*label_values\(\s*(?:(.+),\s*)?(\w+)\s*\)\s*$/s.exec(text);
  if (!found) throw new Error(`the variable's query "${text}" is not label_values(selector, label)`);
  return { selector: found[1]?.trim() ?? '', label: found[2] };
}

function value(name, format, context) {
  const built = builtin(name, context);
  if (built !== undefined) return built;
  const variable = context.variables.find((v) => v.name === name);
  if (!variable) throw new Error(`there is no variable ${name}`);
  let chosen = context.values[name] ?? [variable.current.value].flat();
  if (chosen.includes(ALL)) {
    if (variable.allValue) return variable.allValue; // Grafana passes it on as it is
    chosen = context.options[name] ?? [];
  }
  if (chosen.length === 0) throw new Error(`the variable ${name} has no value`);
  return written(variable, chosen, format);
}

/** The variables that Grafana itself defines. */
function builtin(name, { range, interval, scrape }) {
  const step = Math.max(interval, scrape);
  switch (name) {
    case '__interval': return duration(step);
    case '__interval_ms': return String(Math.round(step * 1000));
    // One scrape more than the step, so that neighbouring windows share a sample, and never so short that a
    // missed scrape empties it.
    case '__rate_interval': return duration(Math.max(step + scrape, 4 * scrape));
    case '__range': return duration(range);
    case '__range_s': return String(Math.round(range));
    case '__range_ms': return String(Math.round(range * 1000));
    default: return undefined;
  }
}

/** Writes seconds in a unit that PromQL takes, without a fraction. */
function duration(seconds) {
  const ms = Math.round(seconds * 1000);
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** Without a format the place is a matcher's text: of `=` if the variable has one value, of `=~` if it can have several. */
function written(variable, values, format) {
  switch (format) {
    case '': return variable.multi || variable.includeAll ? alternatives(values) : literal(values[0]);
    case 'raw': return values.join(',');
    case 'regex': return alternatives(values);
    case 'pipe': return values.join('|');
    default: throw new Error(`the variable ${variable.name} has the format ${format}; known are raw, regex and pipe`);
  }
}

function alternatives(values) {
  const escaped = values.map((v) => literal(v.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')));
  return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
}

/** Keeps a text what it is inside a PromQL string in double quotes. */
function literal(text) {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
