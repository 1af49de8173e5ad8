/** The names of series, as Grafana writes them. */

/** Writes a series' name: `{{label}}` is the label's value. Without a format, the labels as Prometheus writes them. */
export function seriesName(template, labels) {
  if (template) return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (found, label) => labels[label] ?? '').trim();
  const { __name__: name = '', ...rest } = labels;
  const written = Object.entries(rest).map(([label, text]) => `${label}="${text}"`);
  return written.length > 0 ? `${name}{${written.join(', ')}}` : name || 'value';
}
