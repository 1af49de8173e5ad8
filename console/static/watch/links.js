/** Links of dashboards, as Grafana has them, to the same place in the console. */

/**
 * Grafana's address of a dashboard as one of this page; others stay as they are. Time and source are the page's own.
 * @param {string} url such as `/d/service?var-service=iobound&${__url_time_range}`
 */
export function address(url) {
  const [, uid, query = ''] = /^\/d\/([\w-]+)(?:\?(.*))?$/.exec(url) ?? [];
  if (!uid) return url;
  const own = query.split('&').filter((part) => part && !part.includes('${'));
  return `#/watch/${uid}${own.length > 0 ? `?${own.join('&')}` : ''}`;
}
