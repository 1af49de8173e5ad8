package telemetry_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/env"
	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
)

// TestExportersOfTheEnvironment ends a span under each environment, and looks
// where it went and in which form.
func TestExportersOfTheEnvironment(t *testing.T) {
	t.Parallel()
	type where struct{ http, grpc, tls, certificate string }
	for _, row := range []struct {
		name    string
		env     func(w where) []string
		path    string            // of the export; empty if there must be none
		headers map[string]string // of the export
		logged  string            // in the output
	}{
		{name: "an endpoint", env: func(w where) []string { return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http} },
			path: "/v1/traces", headers: map[string]string{"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}},
		{name: "an endpoint with a path", env: func(w where) []string { return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http + "/otlp/"} }, path: "/otlp/v1/traces"},
		{name: "an endpoint for spans alone, as it is written", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + w.http + "/spans/"}
		}, path: "/spans/"},
		{name: "an endpoint for spans outranks the general one", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + w.http + "/v1/traces"}
		}, path: "/v1/traces"},
		{name: "http/json", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http, "OTEL_EXPORTER_OTLP_PROTOCOL=http/json"}
		}, path: "/v1/traces", headers: map[string]string{"Content-Type": "application/json"}},
		{name: "grpc", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.grpc, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_HEADERS=x-key=a%20b"}
		}, path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export", headers: map[string]string{"X-Key": "a b"}},
		{name: "grpc for spans", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + w.grpc, "OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc"}
		}, path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export"},
		{name: "headers, percent-encoded, with a trailing comma", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http, "OTEL_EXPORTER_OTLP_HEADERS=x-key=a%2Cb, authorization=Basic%20x,"}
		}, path: "/v1/traces", headers: map[string]string{"X-Key": "a,b", "Authorization": "Basic x"}},
		{name: "headers for spans", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http, "OTEL_EXPORTER_OTLP_HEADERS=x-key=general", "OTEL_EXPORTER_OTLP_TRACES_HEADERS=x-key=own"}
		}, path: "/v1/traces", headers: map[string]string{"X-Key": "own"}},
		{name: "no compression", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http, "OTEL_EXPORTER_OTLP_COMPRESSION=none"}
		}, path: "/v1/traces", headers: map[string]string{"Content-Encoding": ""}},
		{name: "a certificate", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.tls, "OTEL_EXPORTER_OTLP_CERTIFICATE=" + w.certificate}
		}, path: "/v1/traces"},
		{name: "no exporter", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http, "OTEL_TRACES_EXPORTER=none"}
		}},
		{name: "the SDK is off", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http, "OTEL_SDK_DISABLED=TRUE"}
		}},
		{name: "the SDK is on", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http, "OTEL_SDK_DISABLED=false"}
		}, path: "/v1/traces"},
		{name: "console", env: func(w where) []string {
			return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.http, "OTEL_TRACES_EXPORTER=console"}
		}, logged: `"Name":"work"`},
		{name: "console without an endpoint", env: func(where) []string { return []string{"OTEL_TRACES_EXPORTER=console"} }, logged: `"Name":"work"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			collector := testkit.NewCollector(t)
			encrypted := collector.ServeTLS(t)
			w := where{collector.URL, collector.ServeGRPC(t), encrypted.URL, writeCertificate(t, encrypted.Certificate())}
			tel, logs := open(t, "exporting", variables(append(row.env(w), "OTEL_TRACES_SAMPLER=always_on")))
			endSpans(tel, 1)
			shutdown(t, tel)
			exports := collector.Exports()
			if row.path == "" {
				if len(exports) > 0 || !strings.Contains(logs.String(), row.logged) {
					t.Errorf("exported %v, logged %s", exports, logs)
				}
				return
			}
			if len(exports) != 1 || exports[0].Path != row.path || len(collector.Spans()) != 1 {
				t.Fatalf("exported %+v, %d spans; want %s; logged %s", exports, len(collector.Spans()), row.path, logs)
			}
			for name, want := range row.headers {
				if got := exports[0].Header.Get(name); got != want {
					t.Errorf("header %s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func writeCertificate(t *testing.T, certificate *x509.Certificate) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// variables are pairs of name=value by name.
func variables(pairs []string) map[string]string {
	all := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all
}

func TestRefusedByName(t *testing.T) {
	file := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, set, want string }{
		{"a protocol", "OTEL_EXPORTER_OTLP_PROTOCOL=thrift", `OTEL_EXPORTER_OTLP_PROTOCOL="thrift": "thrift" is not supported (allowed: http/protobuf, http/json, grpc)`},
		{"a protocol of spans", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http", `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="http": "http" is not supported (`},
		{"JSON of metrics", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/json OTEL_METRICS_EXPORTER=otlp", `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL="http/json": http/json is not supported for metrics (`},
		{"JSON of everything", "OTEL_EXPORTER_OTLP_PROTOCOL=http/json OTEL_METRICS_EXPORTER=otlp", `OTEL_EXPORTER_OTLP_PROTOCOL="http/json": http/json is not supported for metrics (`},
		{"an exporter of spans", "OTEL_TRACES_EXPORTER=zipkin", `OTEL_TRACES_EXPORTER="zipkin": "zipkin" is not supported (allowed: otlp, console, none)`},
		{"two exporters of spans", "OTEL_TRACES_EXPORTER=otlp,console", `OTEL_TRACES_EXPORTER="otlp,console": only one exporter is supported`},
		{"an exporter of metrics", "OTEL_METRICS_EXPORTER=prometheus,statsd", `OTEL_METRICS_EXPORTER="prometheus,statsd": "statsd" is not supported (allowed: prometheus, otlp, console, none)`},
		{"a compression", "OTEL_EXPORTER_OTLP_COMPRESSION=zstd", `OTEL_EXPORTER_OTLP_COMPRESSION="zstd": "zstd" is not supported (allowed: gzip, none)`},
		{"a time limit with a unit", "OTEL_EXPORTER_OTLP_TIMEOUT=10s", `OTEL_EXPORTER_OTLP_TIMEOUT="10s": not a whole number of milliseconds from 1`},
		{"no time", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT=0", `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT="0": not a whole number of milliseconds from 1`},
		{"headers, which are secret", "OTEL_EXPORTER_OTLP_HEADERS=secret", `OTEL_EXPORTER_OTLP_HEADERS: not a list of name=value pairs`},
		{"a missing certificate", "OTEL_EXPORTER_OTLP_CERTIFICATE=/nowhere", `OTEL_EXPORTER_OTLP_CERTIFICATE="/nowhere": open /nowhere`},
		{"an empty certificate", "OTEL_EXPORTER_OTLP_CERTIFICATE=" + file, `OTEL_EXPORTER_OTLP_CERTIFICATE="` + file + `": no certificate in PEM form`},
		{"a certificate without its key", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=" + file, `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE="` + file + `": cannot be used with the key of OTEL_EXPORTER_OTLP_CLIENT_KEY`},
		{"a propagator", "OTEL_PROPAGATORS=tracecontext,zipkin", `OTEL_PROPAGATORS="tracecontext,zipkin": not a list of names that are supported: `},
		{"a limit", "OTEL_SPAN_EVENT_COUNT_LIMIT=-1", `OTEL_SPAN_EVENT_COUNT_LIMIT="-1": not a whole number from 0`},
		{"a truth", "OTEL_SDK_DISABLED=1", `OTEL_SDK_DISABLED="1": not a truth value; allowed are true and false`},
		{"an endpoint of spans", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=localhost:4318", `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="localhost:4318": not a base URL`},
	} {
		t.Run(row.name, func(t *testing.T) {
			set := variables(strings.Fields(row.set))
			err := env.Parse(func(name string) string { return set[name] }, &telemetry.Config{})
			if err == nil || !strings.HasPrefix(err.Error(), row.want) || strings.Count(err.Error(), "OTEL_EXPORTER_OTLP_HEADERS") > 1 {
				t.Errorf("got  %v\nwant %s", err, row.want)
			}
		})
	}
}

// The specification's own values and spellings are accepted.
func TestAccepted(t *testing.T) {
	for _, set := range []string{
		"OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "OTEL_METRICS_EXPORTER=none", "OTEL_METRICS_EXPORTER=prometheus,otlp", "OTEL_PROPAGATORS=none",
		"OTEL_PROPAGATORS=tracecontext,baggage,", "OTEL_RESOURCE_ATTRIBUTES=a=x,", "OTEL_RESOURCE_ATTRIBUTES=,a=x", "OTEL_RESOURCE_ATTRIBUTES=a=",
		"OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_TIMEOUT=500", "OTEL_ATTRIBUTE_COUNT_LIMIT=0", "OTEL_SDK_DISABLED=False",
	} {
		given := variables([]string{set})
		if err := env.Parse(func(name string) string { return given[name] }, &telemetry.Config{}); err != nil {
			t.Errorf("%s: %v", set, err)
		}
	}
}

func TestNameOfTheService(t *testing.T) {
	for _, row := range []struct{ name, set, want string }{
		{"its own", "", "own"},
		{"among the attributes", "OTEL_RESOURCE_ATTRIBUTES=service.name=shop", "shop"},
		{"percent-encoded", "OTEL_RESOURCE_ATTRIBUTES=team=a,service%2Ename=my%20shop", "my shop"},
		{"the variable outranks the attributes", "OTEL_SERVICE_NAME=named OTEL_RESOURCE_ATTRIBUTES=service.name=shop", "named"},
		{"empty among the attributes", "OTEL_RESOURCE_ATTRIBUTES=service.name=", "own"},
	} {
		t.Run(row.name, func(t *testing.T) {
			collector := testkit.NewCollector(t)
			set := append(strings.Fields(row.set), "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_TRACES_SAMPLER=always_on")
			tel, logs := open(t, "own", variables(set))
			endSpans(tel, 1)
			tel.Log.Info("hello")
			shutdown(t, tel)
			if got := collector.Spans()[0].Service; got != row.want {
				t.Errorf("service.name %q, want %q", got, row.want)
			}
			if line := testkit.ParseLog(t, logs.String())[0]; line["service"] != row.want {
				t.Errorf("logged as %v, want %q", line["service"], row.want)
			}
			info := testkit.Gather(t, tel.Registry).Select("target_info", testkit.Labels{"service_name": row.want, "service_namespace": "loadlab", "telemetry_sdk_language": "go"})
			if len(info) != 1 {
				t.Errorf("target_info of %q is missing", row.want)
			}
		})
	}
}

// What the user says of the program outranks what it knows of itself.
func TestAttributesOutrankTheProgram(t *testing.T) {
	collector := testkit.NewCollector(t)
	tel, _ := open(t, "own", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_TRACES_SAMPLER": "always_on",
		"OTEL_RESOURCE_ATTRIBUTES": "service.namespace=mine,service.version=7,service.instance.id=i,telemetry.sdk.language=cobol"})
	endSpans(tel, 1)
	shutdown(t, tel)
	got := collector.Spans()[0].Resource
	for key, want := range map[string]string{"service.namespace": "mine", "service.version": "7", "service.instance.id": "i", "telemetry.sdk.language": "go"} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
}

func TestPropagators(t *testing.T) {
	const id, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for _, row := range []struct {
		names, header, value string
		joins                bool
		sends                []string // header fields of a call
	}{
		{"", "traceparent", "00-" + id + "-" + span + "-01", true, []string{"Traceparent"}},
		{"", "b3", id + "-" + span + "-1", false, []string{"Traceparent"}},
		{"b3", "b3", id + "-" + span + "-1", true, []string{"B3"}},
		{"b3", "X-B3-TraceId", id, true, []string{"B3"}},
		{"b3multi", "X-B3-TraceId", id, true, []string{"X-B3-Traceid", "X-B3-Spanid"}},
		{"b3", "traceparent", "00-" + id + "-" + span + "-01", false, []string{"B3"}},
		{"tracecontext,b3", "b3", id + "-" + span + "-1", true, []string{"Traceparent", "B3"}},
		{"none", "traceparent", "00-" + id + "-" + span + "-01", false, nil},
		{"jaeger", "uber-trace-id", id + ":" + span + ":0:1", true, []string{"Uber-Trace-Id"}},
	} {
		t.Run(row.names+" "+row.header, func(t *testing.T) {
			tel, _ := open(t, "joining", map[string]string{"OTEL_PROPAGATORS": row.names})
			header := http.Header{}
			header.Set(row.header, row.value)
			if row.header == "X-B3-TraceId" {
				header.Set("X-B3-SpanId", span)
				header.Set("X-B3-Sampled", "1")
			}
			ctx := tel.Extract(context.Background(), header)
			if got := trace.SpanContextFromContext(ctx).TraceID().String(); (got == id) != row.joins {
				t.Errorf("trace %s, joins should be %v", got, row.joins)
			}
			ctx, work := tel.Tracer.Start(ctx, "work")
			defer work.End()
			sent := http.Header{}
			tel.Propagator.Inject(ctx, carrier(sent))
			for _, name := range row.sends {
				if sent.Get(name) == "" {
					t.Errorf("sends %v, want %s", sent, name)
				}
			}
			if len(row.sends) == 0 && len(sent) > 0 {
				t.Errorf("sends %v, want nothing", sent)
			}
		})
	}
}

// Baggage arrives without a trace context too.
func TestBaggageAlone(t *testing.T) {
	tel, _ := open(t, "carrying", nil)
	ctx := tel.Extract(context.Background(), http.Header{"Baggage": {"tenant=a"}})
	sent := http.Header{}
	tel.Propagator.Inject(ctx, carrier(sent))
	if got := sent.Get("Baggage"); got != "tenant=a" {
		t.Errorf("baggage %q is sent on, want tenant=a", got)
	}
}

type carrier http.Header

func (c carrier) Get(key string) string { return http.Header(c).Get(key) }
func (c carrier) Set(key, value string) { http.Header(c).Set(key, value) }
func (c carrier) Keys() []string        { return nil }

func TestLimitsOfSpans(t *testing.T) {
	for _, row := range []struct {
		name, set                  string
		attributes, events, length int
	}{
		{"none", "", 20, 20, 100},
		{"general", "OTEL_ATTRIBUTE_COUNT_LIMIT=3 OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=7", 3, 20, 7},
		{"of spans", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=4 OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT=5 OTEL_SPAN_EVENT_COUNT_LIMIT=6", 4, 6, 5},
		{"of spans outrank general ones", "OTEL_ATTRIBUTE_COUNT_LIMIT=3 OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=4 OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=9 OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT=5", 4, 20, 5},
		{"zero is not the same as unset", "OTEL_SPAN_EVENT_COUNT_LIMIT=0", 20, 0, 100},
	} {
		t.Run(row.name, func(t *testing.T) {
			collector := testkit.NewCollector(t)
			tel, _ := open(t, "limited", variables(append(strings.Fields(row.set), "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_TRACES_SAMPLER=always_on")))
			_, span := tel.Tracer.Start(context.Background(), "work")
			for i := range 20 {
				span.SetAttributes(attribute.String("key"+string(rune('a'+i)), strings.Repeat("x", 100)))
				span.AddEvent("event")
			}
			span.End()
			shutdown(t, tel)
			got := collector.Spans()[0]
			if len(got.Attrs) != row.attributes || len(got.Events) != row.events || len(got.Attrs["keya"]) != row.length {
				t.Errorf("%d attributes, %d events, length %d; want %d, %d, %d", len(got.Attrs), len(got.Events), len(got.Attrs["keya"]), row.attributes, row.events, row.length)
			}
		})
	}
}

// A batch that is full is exported at once, and no sooner.
func TestBatchesOfSpans(t *testing.T) {
	collector := testkit.NewCollector(t)
	tel, _ := open(t, "batching", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_TRACES_SAMPLER": "always_on",
		"OTEL_BSP_SCHEDULE_DELAY": "600000", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "7"})
	endSpans(tel, 15)
	collector.WaitFor(t, 14)
	if got := len(collector.Spans()); got != 14 {
		t.Errorf("%d spans arrived, want two batches of 7", got)
	}
	shutdown(t, tel)
	if got := len(collector.Spans()); got != 15 {
		t.Errorf("%d spans arrived at the end, want 15", got)
	}
}

func TestUnsupportedVariables(t *testing.T) {
	got := telemetry.Unsupported([]string{
		"OTEL_LOGS_EXPORTER=otlp", "OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://x", "OTEL_EMPTY=", "PATH=/bin",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://x", "OTEL_INVENTED=1", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta",
	}, &telemetry.Config{})
	var names []string
	for _, sentence := range got {
		name, rest, _ := strings.Cut(sentence, " ")
		names = append(names, name)
		if rest != "is set, but not supported: it has no effect" {
			t.Errorf("says %q", sentence)
		}
	}
	if want := []string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "OTEL_INVENTED", "OTEL_LOGS_EXPORTER"}; !slices.Equal(names, want) {
		t.Errorf("named %v, want %v", names, want)
	}
	if got := telemetry.Unsupported([]string{"OTEL_LOGS_EXPORTER=none"}, &telemetry.Config{}); len(got) > 0 {
		t.Errorf("an exporter that is off is named: %v", got)
	}
}
