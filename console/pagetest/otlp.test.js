import assert from 'node:assert/strict';
import test from 'node:test';
import { normalise } from '../static/otlp.js';

const START = '1700000000000000000';

/** The spans of one resource, as OTLP's JSON has them. */
function resource(service, ...spans) {
  return { resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] }, scopeSpans: [{ spans }] };
}

const span = {
  traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708', parentSpanId: '', name: 'GET /', kind: 2,
  startTimeUnixNano: START, endTimeUnixNano: '1700000000012500000', status: { code: 2 },
  attributes: [{ key: 'n', value: { intValue: '7' } }, { key: 'f', value: { doubleValue: 0.5 } }, { key: 'b', value: { boolValue: false } },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }] } } }],
  events: [{ name: 'wait', timeUnixNano: '1700000000010000000', attributes: [] }],
};

test('a span is what a page can draw', () => {
  const [{ id, spans: [found] }] = normalise({ resourceSpans: [resource('gateway', span)] });
  assert.equal(id, span.traceId);
  assert.deepEqual({ ...found, start: 0, events: [] }, {
    id: span.spanId, parent: '', service: 'gateway', name: 'GET /', kind: 'server', start: 0, duration: 12.5, status: 'error',
    attributes: { n: 7, f: 0.5, b: false, list: ['a'] }, events: [],
  });
  assert.ok(Math.abs(found.events[0].time - found.start - 10) < 0.001);
});

test('names of enumerations and ids of base64 mean the same', () => {
  const written = { ...span, kind: 'SPAN_KIND_SERVER', status: { code: 'STATUS_CODE_ERROR' }, traceId: 'AQIDBAUGBwgJCgsMDQ4PEA==', spanId: 'AQIDBAUGBwg=' };
  const [a] = normalise({ resourceSpans: [resource('gateway', span)] });
  const [b] = normalise({ resourceSpans: [resource('gateway', written)] });
  assert.deepEqual(b, a);
});

test('the parts of a stream are one answer, and spans of one trace are together', () => {
  const other = { ...span, traceId: 'f'.repeat(32) };
  const found = normalise([{ result: { resourceSpans: [resource('gateway', span, other)] } }, { result: { resourceSpans: [resource('items', span)] } }]);
  assert.deepEqual(found.map((trace) => trace.spans.map((s) => s.service)), [['gateway', 'items'], ['gateway']]);
  assert.deepEqual(normalise({}), []);
});

test('what is missing has a value', () => {
  const [{ spans: [found] }] = normalise({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '', spanId: '' }] }] }] });
  assert.deepEqual(found, { id: '', parent: '', service: 'unknown', name: '', kind: '', start: 0, duration: 0, status: 'unset', attributes: {}, events: [] });
});
