/** OTLP's JSON as traces that a page can draw. */

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const CODES = ['unset', 'ok', 'error'];

/**
 * Groups the spans of an answer by trace, in the order in which the answer has them.
 * @returns {Trace[]} of its spans, start in ms since the epoch, duration in ms, status 'unset', 'ok' or 'error', events {name, time, attributes}
 */
export function normalise(answer) {
  const traces = new Map();
  for (const resource of resources(answer)) {
    const own = attributes(resource.resource?.attributes);
    for (const scope of resource.scopeSpans ?? []) {
      for (const span of scope.spans ?? []) {
        const id = hexadecimal(span.traceId);
        if (!traces.has(id)) traces.set(id, { id, spans: [] });
        traces.get(id).spans.push(convert(span, own));
      }
    }
  }
  return [...traces.values()];
}

/** Jaeger wraps the spans in `result`, of which a stream has several. */
function resources(answer) {
  return [answer].flat().flatMap((part) => (part.result ?? part).resourceSpans ?? []);
}

function convert(span, resource) {
  const start = BigInt(span.startTimeUnixNano ?? 0);
  return {
    id: hexadecimal(span.spanId),
    parent: hexadecimal(span.parentSpanId ?? ''),
    service: resource['service.name'] ?? 'unknown',
    name: span.name ?? '',
    kind: enumerated(span.kind, 'SPAN_KIND_', KINDS),
    start: milliseconds(start),
    duration: milliseconds(BigInt(span.endTimeUnixNano ?? 0) - start),
    status: enumerated(span.status?.code, 'STATUS_CODE_', CODES),
    attributes: attributes(span.attributes),
    events: (span.events ?? []).map((e) => ({
      name: e.name ?? '', time: milliseconds(BigInt(e.timeUnixNano ?? 0)), attributes: attributes(e.attributes),
    })),
  };
}

/** Half a microsecond of a time since the epoch is lost, nothing of a difference. */
function milliseconds(nanoseconds) {
  return Number(nanoseconds) / 1e6;
}

function enumerated(value, prefix, names) {
  if (typeof value === 'string') return value.replace(prefix, '').toLowerCase();
  return names[value ?? 0] ?? '';
}

function attributes(list) {
  return Object.fromEntries((list ?? []).map(({ key, value }) => [key, plain(value ?? {})]));
}

function plain(value) {
  if ('arrayValue' in value) return (value.arrayValue.values ?? []).map(plain);
  if ('kvlistValue' in value) return attributes(value.kvlistValue.values);
  if ('intValue' in value) return Number(value.intValue);
  if ('doubleValue' in value) return Number(value.doubleValue);
  return Object.values(value)[0] ?? '';
}

/** An id is 16 or 32 hexadecimal digits; protobuf's own JSON would have base64. */
function hexadecimal(id) {
  if (/^[0-9a-f]*$/i.test(id) && [0, 16, 32].includes(id.length)) return id.toLowerCase();
  return Array.from(atob(id), (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
