package telemetry_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"loadlab/internal/env"
	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
)

// open returns the telemetry that the variables describe, and its log.
func open(t *testing.T, service string, variables map[string]string) (*telemetry.Telemetry, *testkit.Output) {
	t.Helper()
	var cfg telemetry.Config
	if err := env.Parse(func(name string) string { return variables[name] }, &cfg); err != nil {
		t.Fatal(err)
	}
	logs := &testkit.Output{}
	tel, err := telemetry.New(t.Context(), cfg, telemetry.Identity{Service: service, Instance: service + ":1", Version: "v1"}, logs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, tel) })
	return tel, logs
}

func shutdown(t *testing.T, tel *telemetry.Telemetry) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := tel.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func endSpans(tel *telemetry.Telemetry, n int) {
	for range n {
		_, span := tel.Tracer.Start(context.Background(), "work")
		span.End()
	}
}

// became counts the spans by result.
func became(t *testing.T, tel *telemetry.Telemetry) (exported, failed, dropped, queued float64) {
	t.Helper()
	s := testkit.Gather(t, tel.Registry)
	count := func(result string) float64 { return s.Sum("lab_spans_total", testkit.Labels{"result": result}) }
	return count("exported"), count("failed"), count("dropped"), s.Sum("lab_spans_queued", nil)
}

// settle waits until no span is queued any more.
func settle(t *testing.T, tel *telemetry.Telemetry) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, _, _, queued := became(t, tel); queued == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("spans stay queued")
		}
	}
}

func TestEverySampledSpanIsCountedOnce(t *testing.T) {
	collector := testkit.NewCollector(t)
	tel, _ := open(t, "counted", map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_TRACES_SAMPLER": "always_on", "OTEL_BSP_MAX_QUEUE_SIZE": "100",
	})
	const ended = 5000
	endSpans(tel, ended)
	settle(t, tel)
	exported, failed, dropped, _ := became(t, tel)
	if exported+failed+dropped != ended || failed != 0 || exported == 0 {
		t.Errorf("%v exported, %v failed, %v dropped of %d", exported, failed, dropped, ended)
	}
	if got := len(collector.Spans()); float64(got) != exported {
		t.Errorf("the collector has %d spans, %v were exported", got, exported)
	}
}

// One collector refuses connections, one accepts them and never answers.
func TestDeadCollectorCostsNothing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, row := range []struct{ name, address string }{
		{"refuses connections", closed.Addr().String()},
		{"never answers", silent.Addr().String()},
	} {
		t.Run(row.name, func(t *testing.T) {
			tel, _ := open(t, "orphan", map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + row.address, "OTEL_TRACES_SAMPLER": "always_on", "OTEL_BSP_MAX_QUEUE_SIZE": "64",
			})
			const ended = 2000
			began := time.Now()
			endSpans(tel, ended)
			// A second for 2000 spans is hundreds of times what they take; a
			// single attempt to export in their way would take longer.
			if took := time.Since(began); took > time.Second {
				t.Errorf("%d spans took %v", ended, took)
			}
			exported, failed, dropped, queued := became(t, tel)
			if exported != 0 || failed+dropped+queued != ended || queued > 64 {
				t.Errorf("%v exported, %v failed, %v dropped, %v queued of %d", exported, failed, dropped, queued, ended)
			}
			began = time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := tel.Shutdown(ctx); err != nil {
				t.Errorf("a dead collector is the service's failure: %v", err)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("shutdown with 100 ms took %v", took)
			}
		})
	}
}

func TestFailureAndRecoveryAreLoggedOnce(t *testing.T) {
	collector := testkit.NewCollector(t)
	collector.Refuse(http.StatusBadRequest) // not to be tried again, by the OTLP specification
	tel, logs := open(t, "recovering", map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_TRACES_SAMPLER": "always_on", "OTEL_BSP_MAX_QUEUE_SIZE": "10",
	})
	for range 3 { // each batch is as large as the queue, so it is exported at once
		endSpans(tel, 10)
		settle(t, tel)
	}
	collector.Refuse(0)
	for range 3 {
		endSpans(tel, 10)
		settle(t, tel)
	}
	exported, failed, dropped, _ := became(t, tel)
	if exported != 30 || failed != 30 || dropped != 0 {
		t.Errorf("%v exported, %v failed, %v dropped; want 30, 30, 0", exported, failed, dropped)
	}
	shutdown(t, tel)
	log := testkit.ParseLog(t, logs.String())
	lost := testkit.Messages(log, "spans cannot be exported; they are dropped and counted until they can")
	again := testkit.Messages(log, "spans are exported again")
	if len(lost) != 1 || len(again) != 1 || lost[0]["level"] != "warn" || lost[0]["error"] == nil {
		t.Errorf("logged %v and %v, want one line each", lost, again)
	}
}

func TestSamplers(t *testing.T) {
	collector := testkit.NewCollector(t)
	parent := func(flags trace.TraceFlags) context.Context {
		return trace.ContextWithRemoteSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: flags, Remote: true,
		}))
	}
	for _, row := range []struct {
		sampler, arg           string
		root, sampled, refused bool // of a root, of a sampled parent's child, of another parent's child
	}{
		{"always_on", "0", true, true, true},
		{"always_off", "1", false, false, false},
		{"traceidratio", "1", true, true, true},
		{"traceidratio", "0", false, false, false},
		{"parentbased_always_on", "0", true, true, false},
		{"parentbased_always_off", "1", false, true, false},
		{"parentbased_traceidratio", "1", true, true, false},
		{"parentbased_traceidratio", "0", false, true, false},
	} {
		t.Run(row.sampler+" "+row.arg, func(t *testing.T) {
			tel, _ := open(t, "sampling", map[string]string{
				"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_TRACES_SAMPLER": row.sampler, "OTEL_TRACES_SAMPLER_ARG": row.arg,
			})
			for _, try := range []struct {
				name string
				ctx  context.Context
				want bool
			}{
				{"a root", context.Background(), row.root},
				{"a sampled parent", parent(trace.FlagsSampled), row.sampled},
				{"a parent that is not sampled", parent(0), row.refused},
			} {
				_, span := tel.Tracer.Start(try.ctx, "work")
				span.End()
				if got := span.SpanContext().IsSampled(); got != try.want {
					t.Errorf("%s: sampled %v, want %v", try.name, got, try.want)
				}
			}
		})
	}
}

// The default samples one trace in a hundred: 400 of 40,000 within five standard deviations of 20.
func TestDefaultRatio(t *testing.T) {
	tel, _ := open(t, "ratio", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": testkit.NewCollector(t).URL})
	sampled := 0
	for range 40_000 {
		_, span := tel.Tracer.Start(context.Background(), "work")
		if span.SpanContext().IsSampled() {
			sampled++
		}
	}
	if sampled < 300 || sampled > 500 {
		t.Errorf("%d of 40000 traces sampled, want about 400", sampled)
	}
}

func TestNoCollectorMeansNoSampling(t *testing.T) {
	tel, _ := open(t, "alone", map[string]string{"OTEL_TRACES_SAMPLER": "always_on"})
	_, span := tel.Tracer.Start(context.Background(), "work")
	defer span.End()
	if span.SpanContext().IsSampled() || !span.SpanContext().IsValid() {
		t.Errorf("span context %+v, want identifiers of a trace that is not sampled", span.SpanContext())
	}
	if testkit.Gather(t, tel.Registry)["lab_spans_total"] != nil {
		t.Error("span counts are exposed though no span is exported")
	}
}

func TestResource(t *testing.T) {
	collector := testkit.NewCollector(t)
	tel, _ := open(t, "own", map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL + "/", "OTEL_TRACES_SAMPLER": "always_on", "OTEL_SERVICE_NAME": "renamed",
		"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test, team=a%2Cb",
	})
	endSpans(tel, 1)
	shutdown(t, tel)
	got := collector.Spans()[0].Resource
	for key, want := range map[string]string{
		"service.name": "renamed", "service.instance.id": "own:1", "service.version": "v1", "service.namespace": "loadlab",
		"deployment.environment.name": "test", "team": "a,b", "telemetry.sdk.language": "go",
	} {
		if got[key] != want {
			t.Errorf("resource attribute %s is %q, want %q", key, got[key], want)
		}
	}
}

func TestConfigProblems(t *testing.T) {
	for _, row := range []struct{ name, variable, value, reason string }{
		{"no scheme", "OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "not a base URL"},
		{"another scheme", "OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://host:4317", "not a base URL"},
		{"no host", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://", "not a base URL"},
		{"unknown sampler", "OTEL_TRACES_SAMPLER", "sometimes", "not a value it can take (allowed: one of always_on"},
		{"more than all", "OTEL_TRACES_SAMPLER_ARG", "1.1", "too large"},
		{"no value", "OTEL_RESOURCE_ATTRIBUTES", "team", `"team" is not key=value`},
		{"no key", "OTEL_RESOURCE_ATTRIBUTES", "=x", `"=x" is not key=value`},
		{"malformed escape", "OTEL_RESOURCE_ATTRIBUTES", "a=%z", `"a=%z" is not key=value`},
		{"no queue", "OTEL_BSP_MAX_QUEUE_SIZE", "0", "too small"},
		{"unknown level", "LOG_LEVEL", "loud", "not a value it can take"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := env.Parse(func(name string) string { return map[string]string{row.variable: row.value}[name] }, &telemetry.Config{})
			want := fmt.Sprintf("%s=%q: %s", row.variable, row.value, row.reason)
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// Two services in one process keep their metrics, logs and spans apart.
func TestTwoTelemetriesDoNotMix(t *testing.T) {
	collector := testkit.NewCollector(t)
	variables := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_TRACES_SAMPLER": "always_on"}
	one, oneLog := open(t, "one", variables)
	two, twoLog := open(t, "two", variables)
	endSpans(one, 3)
	endSpans(two, 5)
	one.Log.Info("from one")
	two.Level.SetLevel(zap.DebugLevel)
	two.Log.Debug("from two")
	if one.Log.Core().Enabled(zap.DebugLevel) {
		t.Error("the level of one follows that of two")
	}
	shutdown(t, one)
	shutdown(t, two)
	for _, row := range []struct {
		service string
		spans   int
		tel     *telemetry.Telemetry
		log     *testkit.Output
	}{{"one", 3, one, oneLog}, {"two", 5, two, twoLog}} {
		if got := len(collector.Spans(testkit.Of(row.service))); got != row.spans {
			t.Errorf("%d spans of %s, want %d", got, row.service, row.spans)
		}
		if exported, _, _, _ := became(t, row.tel); int(exported) != row.spans {
			t.Errorf("%s counts %v exported spans, want %d", row.service, exported, row.spans)
		}
		lines := testkit.ParseLog(t, row.log.String())
		if len(lines) != 1 || lines[0]["service"] != row.service || lines[0]["msg"] != "from "+row.service {
			t.Errorf("log of %s: %v", row.service, lines)
		}
		info := testkit.Gather(t, row.tel.Registry).Select("lab_build_info", testkit.Labels{"service": row.service, "version": "v1"})
		if len(info) != 1 {
			t.Errorf("%d series of lab_build_info for %s", len(info), row.service)
		}
	}
}

// The log is buffered, but not for long.
func TestLogArrivesByItself(t *testing.T) {
	tel, logs := open(t, "logging", nil)
	tel.Log.Info("hello", telemetry.TraceFields(trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0xab}, SpanID: trace.SpanID{0xcd}}))...)
	for deadline := time.Now().Add(10 * time.Second); logs.String() == ""; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the line was not written")
		}
	}
	line := testkit.ParseLog(t, logs.String())[0]
	if line["trace_id"] != "ab"+strings.Repeat("0", 30) || line["span_id"] != "cd"+strings.Repeat("0", 14) || line["level"] != "info" {
		t.Errorf("line %v", line)
	}
	if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(line["time"])); err != nil {
		t.Error(err)
	}
}
