'use strict';
// Spans by OpenTelemetry's SDK, if a collector is configured and the packages of
// package.json are installed. Load this before node:http, which it instruments.
const { randomBytes } = require('node:crypto');

const FLUSH_LIMIT = 2_000; // ms to send the last spans in

/** The OpenTelemetry packages, or undefined if they are not installed. */
function packages() {
  try {
    return {
      api: require('@opentelemetry/api'),
      core: require('@opentelemetry/core'),
      resources: require('@opentelemetry/resources'),
      sdk: require('@opentelemetry/sdk-trace-node'),
      exporter: require('@opentelemetry/exporter-trace-otlp-proto'),
      instrumentation: require('@opentelemetry/instrumentation'),
      http: require('@opentelemetry/instrumentation-http'),
    };
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

/** Whether the environment asks for spans. */
function wanted({ OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT }) {
  if (OTEL_SDK_DISABLED?.toLowerCase() === 'true' || OTEL_TRACES_EXPORTER === 'none') return false;
  return Boolean(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || OTEL_EXPORTER_OTLP_ENDPOINT);
}

let otel; // the packages, while spans are recorded
let provider;

/** Records a span of each request but those for metrics, and sends them as the OTEL_ variables say. */
function startTracing(service) {
  if (!wanted(process.env)) return;
  otel = packages();
  if (!otel) {
    console.log(JSON.stringify({ level: 'info', msg: 'no spans are sent: the npm packages of runtimes/node are not installed', service }));
    return;
  }
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = otel.resources;
  provider = new otel.sdk.NodeTracerProvider({
    // As the lab's services: lab.job is what Prometheus calls it.
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service, 'service.namespace': 'loadlab', 'lab.job': service }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new otel.sdk.BatchSpanProcessor(new otel.exporter.OTLPTraceExporter())],
  });
  provider.register();
  otel.instrumentation.registerInstrumentations({
    instrumentations: [
      new otel.http.HttpInstrumentation({
        disableOutgoingRequestInstrumentation: true,
        ignoreIncomingRequestHook: (request) => request.url === '/metrics',
      }),
    ],
  });
}

/** Names the route of the current request in its span. */
function setRoute(route) {
  const metadata = otel?.core.getRPCMetadata(otel.api.context.active());
  if (metadata) metadata.route = route;
}

/** The header that answers a W3C traceparent: the caller's trace, and an identifier of this request in it. */
function traceResponse(traceparent) {
  const span = otel?.api.trace.getActiveSpan()?.spanContext();
  if (span) return { traceresponse: `00-${span.traceId}-${span.spanId}-0${span.traceFlags}` };
  const match = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/.exec(traceparent ?? '');
  return match ? { traceresponse: `00-${match[1]}-${randomBytes(8).toString('hex')}-${match[2]}` } : {};
}

/** Sends the spans that are left, as far as time allows. */
async function stopTracing() {
  const limit = new Promise((resolve) => setTimeout(resolve, FLUSH_LIMIT));
  await Promise.race([provider?.shutdown(), limit]).catch((error) => console.error(error));
}

module.exports = { startTracing, setRoute, traceResponse, stopTracing };
