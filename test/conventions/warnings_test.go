package conventions

import (
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// Every program names what it does not support, and a proxy on the way to its collector.
func TestWarningsAtTheStart(t *testing.T) {
	environment := []string{
		"OTEL_INVENTED=1", "OTEL_LOGS_EXPORTER=otlp", "OTEL_TRACES_SAMPLER=always_off", "OTEL_METRICS_EXPORTER=otlp",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.example:4318", "HTTP_PROXY=http://user:secret@" + testkit.FreeAddress(t), "OTEL_METRIC_EXPORT_TIMEOUT=1",
	}
	for _, row := range []struct {
		name    string
		further []string
		not     string // what it supports
	}{
		{"iobound", []string{"LISTEN_ADDR=127.0.0.1:0", "ADMIN_ADDR=127.0.0.1:0"}, "OTEL_TRACES_SAMPLER is set"},
		{"loadgen", []string{"LOADGEN_ADMIN_ADDR=off", "LOADGEN_TARGETS=GET http://" + testkit.FreeAddress(t) + "/", "LOADGEN_DURATION=10ms", "OTEL_PROPAGATORS=b3"}, "OTEL_METRICS_EXPORTER is set"},
		{"console", []string{"CONSOLE_ADDR=127.0.0.1:0"}, "traces are sent"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := testkit.Launch(t, row.name, nil, append(row.further, environment...)...)
			var want []string
			if row.name != "console" { // which makes no spans
				want = append(want, "traces are sent to http://collector.example:4318/v1/traces through the proxy 127.0.0.1:")
			}
			want = append(want, "OTEL_INVENTED is set, but not supported", "OTEL_LOGS_EXPORTER is set, but not supported",
				"metrics are sent to http://collector.example:4318/v1/metrics through the proxy 127.0.0.1:")
			if row.name == "loadgen" {
				want = append(want, "OTEL_PROPAGATORS=b3: the load generator sends its trace context as traceparent", "OTEL_TRACES_SAMPLER is set")
			}
			said := func() string { return p.Stdout() + p.Stderr() }
			for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				want = missing(said(), want)
				if len(want) == 0 {
					break
				}
			}
			if len(want) > 0 || strings.Contains(said(), row.not) || strings.Contains(said(), "secret") {
				t.Errorf("says %s\nbut not %q, or %q, or the proxy's password", said(), want, row.not)
			}
		})
	}
}

// A collector by gRPC is reached through the proxy of HTTPS_PROXY, whatever the
// scheme of its URL is; one by HTTP through that of its scheme.
func TestWhichProxyIsOnTheWay(t *testing.T) {
	for _, row := range []struct {
		protocol, variable string
		want               bool
	}{
		{"grpc", "HTTPS_PROXY", true},
		{"grpc", "HTTP_PROXY", false},
		{"http/protobuf", "HTTPS_PROXY", false},
		{"http/protobuf", "HTTP_PROXY", true},
	} {
		t.Run(row.protocol+" and "+row.variable, func(t *testing.T) {
			t.Parallel()
			p := testkit.StartConsole(t, "OTEL_METRICS_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_PROTOCOL="+row.protocol,
				"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.example:4318", row.variable+"=http://"+testkit.FreeAddress(t), "OTEL_METRIC_EXPORT_TIMEOUT=1", "OTEL_EXPORTER_OTLP_TIMEOUT=1")
			p.Stop()
			if said := p.Stdout() + p.Stderr(); strings.Contains(said, " through the proxy 127.0.0.1:") != row.want {
				t.Errorf("says %s\nand a proxy is on the way: %t", said, row.want)
			}
		})
	}
}

func missing(text string, parts []string) []string {
	var left []string
	for _, part := range parts {
		if !strings.Contains(text, part) {
			left = append(left, part)
		}
	}
	return left
}
