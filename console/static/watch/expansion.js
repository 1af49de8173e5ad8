/** The queries of a dashboard, in which the server has replaced the variables as Grafana does. */

/** The value of a variable that selects every value of its list. */
export const ALL = '$__all';

const KEPT = 12; // answers; panels of different widths ask with different intervals

/**
 * Asks for a dashboard's queries, once for the same parameters.
 * @param {(parameters: string) => Promise<Queries>} ask
 * @returns {(parameters: URLSearchParams) => Promise<Queries>}
 */
export function expansion(ask) {
  /** @type {Map<string, Promise<Queries>>} */
  const known = new Map();
  const fetched = (key) => ask(key).catch((error) => {
    known.delete(key);
    throw error;
  });
  return (wanted) => {
    const key = wanted.toString();
    const found = known.get(key) ?? fetched(key);
    known.delete(key);
    known.set(key, found); // as the newest
    if (known.size > KEPT) known.delete([...known.keys()][0]);
    return found;
  };
}

/**
 * What the queries depend on, as the server takes it.
 * @param {{range: number, interval: number}} times seconds: what the dashboard shows, and the step of a chart
 * @param {Variable[]} variables
 * @param {Record<string, string[]>} values that are chosen, by the variable's name
 * @param {Record<string, string[]>} options all that can be chosen, by the variable's name
 */
export function parameters({ range, interval }, variables, values, options) {
  const chosen = variables.flatMap(({ name, allValue }) => {
    const all = values[name].includes(ALL) && !allValue && options[name].length > 0;
    return (all ? options[name] : values[name]).map((value) => [`var-${name}`, value]);
  });
  return new URLSearchParams([['range', seconds(range)], ['interval', seconds(interval)], ...chosen]);
}

/** Times of a range that moves on differ by less than a microsecond. */
function seconds(value) {
  return String(Math.round(value * 1000) / 1000);
}

/**
 * The expressions of a panel's targets.
 * @param {Panel} panel
 * @param {Queries} queries
 * @returns {{target: Target, expr: string}[]}
 * @throws {Error} for a variable without a value
 */
export function targets(panel, queries) {
  return (panel.targets ?? []).map((target) => {
    const { expr, error } = queries.panels[panel.id][target.refId];
    if (error) throw new Error(`query ${target.refId}: ${error}`);
    return { target, expr };
  });
}

/**
 * The expressions of a panel, as far as its variables have values.
 * @param {Panel} panel
 * @param {Queries} queries
 */
export function expressions(panel, queries) {
  return Object.values(queries.panels[panel.id] ?? {}).map(({ expr }) => expr).filter(Boolean);
}
