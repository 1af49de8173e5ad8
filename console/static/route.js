/**
 * Reads a hash such as `#/watch/io-vs-cpu?range=15m`.
 * @returns {{tab: string, path: string[], query: URLSearchParams}}
 */
export function parse(hash) {
  const [way, query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [tab = '', ...path] = way.split('/').filter(Boolean).map(decoded);
  return { tab, path, query: new URLSearchParams(query) };
}

/**
 * Writes a hash; null, undefined and '' of the values are left out.
 * @param {string} tab
 * @param {string[]} path
 * @param {Object<string, any>|URLSearchParams} values
 */
export function format(tab, path, values) {
  const entries = values instanceof URLSearchParams ? [...values] : Object.entries(values);
  const query = new URLSearchParams(entries.filter(([, v]) => v !== null && v !== undefined && v !== ''));
  const way = [tab, ...path].map(encodeURIComponent).join('/');
  return `#/${way}${query.size > 0 ? `?${query}` : ''}`;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
