/** Answers of Prometheus as `reading` takes them, of one path; rates are per second, parts in seconds per second. */
export function answers({
  id = 'cpu', job = 'cpubound', rate = 0, failures = {}, asked = rate, parts = {}, served, work = {}, entry, used, limit, up, calls, gatewayQueue,
}) {
  const sample = (metric, v) => (v === undefined ? [] : [{ metric, v }]);
  const outcome = (kind) => (Number(kind) ? { outcome: 'http_error', http_response_status_code: kind } : { outcome: kind });
  return {
    generator: [
      ...Object.entries(parts).map(([part, v]) => ({ metric: { path: id, part }, v })),
      { metric: { path: id, outcome: 'ok', http_response_status_code: '200' }, v: rate },
      ...Object.entries(failures).map(([kind, v]) => ({ metric: { path: id, ...outcome(kind) }, v })),
      { metric: { path: id, what: 'asked' }, v: asked },
    ],
    service: [
      ...Object.entries(work).map(([part, v]) => ({ metric: { job, part }, v })),
      ...sample({ job, what: 'entry' }, entry), ...sample({ job, what: 'requests' }, served),
    ],
    state: [
      ...sample({ job, what: 'used' }, used), ...sample({ job, what: 'limit' }, limit), ...sample({ job, what: 'up' }, up),
      ...sample({ job, what: 'calls' }, calls), ...sample({ path: id, what: 'gateway queue' }, gatewayQueue),
    ],
  };
}
