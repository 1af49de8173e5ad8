package telemetry_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
)

// exporters are those of OTLP: each has its own options.
var exporters = []struct{ signal, protocol string }{
	{"TRACES", "http/protobuf"}, {"TRACES", "http/json"}, {"TRACES", "grpc"}, {"METRICS", "http/protobuf"}, {"METRICS", "grpc"},
}

// encrypted are the variables of one exporter for the collector, with its
// certificate for both sides, and with the settings as variables of the signal.
func encrypted(t *testing.T, collector *testkit.Collector, signal, protocol string, settings ...string) map[string]string {
	t.Helper()
	server := collector.ServeTLS(t)
	path := map[string]string{"TRACES": "/v1/traces", "METRICS": "/v1/metrics"}[signal]
	if protocol == "grpc" {
		path = ""
	}
	prefix := "OTEL_EXPORTER_OTLP_" + signal + "_"
	set := map[string]string{
		prefix + "ENDPOINT": server.URL + path, prefix + "PROTOCOL": protocol, prefix + "CERTIFICATE": writeCertificate(t, server.Certificate()),
		"OTEL_TRACES_SAMPLER": "always_on",
	}
	if signal == "METRICS" {
		set["OTEL_METRICS_EXPORTER"] = "otlp"
	}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		if !strings.HasPrefix(name, "OTEL_") {
			name = prefix + name
		}
		set[name] = value
	}
	return set
}

// TestSettingsOfEveryExporter gives each exporter each setting, for its signal
// and for all, and looks at the request that arrives.
func TestSettingsOfEveryExporter(t *testing.T) {
	key, certificate := pair(t)
	for _, e := range exporters {
		for _, row := range []struct {
			name         string
			settings     []string
			header, want string
		}{
			{"compressed by default", nil, "Content-Encoding", "gzip"},
			{"gzip", []string{"COMPRESSION=gzip", "OTEL_EXPORTER_OTLP_COMPRESSION=none"}, "Content-Encoding", "gzip"},
			{"none", []string{"COMPRESSION=none", "OTEL_EXPORTER_OTLP_COMPRESSION=gzip"}, "Content-Encoding", ""},
			{"none for all", []string{"OTEL_EXPORTER_OTLP_COMPRESSION=none"}, "Content-Encoding", ""},
			{"headers", []string{"HEADERS=x-key=a%20b,", "OTEL_EXPORTER_OTLP_HEADERS=x-key=general"}, "X-Key", "a b"},
			{"headers for all", []string{"OTEL_EXPORTER_OTLP_HEADERS=x-key=general"}, "X-Key", "general"},
			{"no certificate of the client", nil, testkit.ClientCertificate, ""},
			{"a certificate of the client", []string{"CLIENT_KEY=" + key, "CLIENT_CERTIFICATE=" + certificate}, testkit.ClientCertificate, "given"},
			{"a certificate for all", []string{"OTEL_EXPORTER_OTLP_CLIENT_KEY=" + key, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=" + certificate}, testkit.ClientCertificate, "given"},
		} {
			t.Run(e.signal+" "+e.protocol+" "+row.name, func(t *testing.T) {
				collector := testkit.NewCollector(t)
				tel, logs := open(t, "exporting", encrypted(t, collector, e.signal, e.protocol, row.settings...))
				endSpans(tel, 1)
				shutdown(t, tel)
				exports := collector.Exports()
				if len(exports) != 1 {
					t.Fatalf("exported %+v; logged %s", exports, logs)
				}
				if got := exports[0].Header.Get(row.header); got != row.want {
					t.Errorf("header %s is %q, want %q", row.header, got, row.want)
				}
			})
		}
	}
}

// A collector whose certificate is not of the authority that the user names gets nothing.
func TestAnotherAuthorityIsNotTrusted(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	encoded, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exporters {
		t.Run(e.signal+" "+e.protocol, func(t *testing.T) {
			t.Parallel()
			collector := testkit.NewCollector(t)
			set := encrypted(t, collector, e.signal, e.protocol, "TIMEOUT=1000", "OTEL_BSP_EXPORT_TIMEOUT=1000", "OTEL_METRIC_EXPORT_TIMEOUT=1000")
			set["OTEL_EXPORTER_OTLP_"+e.signal+"_CERTIFICATE"] = writeCertificate(t, other)
			tel, _ := open(t, "exporting", set)
			endSpans(tel, 1)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_ = tel.Shutdown(ctx) // says that nothing was exported, which is what must be
			if exports := collector.Exports(); len(exports) > 0 {
				t.Errorf("a collector with a certificate of another authority got %+v", exports)
			}
		})
	}
}

// pair writes the key and the certificate of a client to files.
func pair(t *testing.T) (key, certificate string) {
	t.Helper()
	own := testkit.NewCollector(t).ServeTLS(t).TLS.Certificates[0]
	encoded, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	key = filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), 0o600); err != nil {
		t.Fatal(err)
	}
	return key, writeCertificate(t, leaf(t, own))
}

func leaf(t *testing.T, of tls.Certificate) *x509.Certificate {
	t.Helper()
	certificate, err := x509.ParseCertificate(of.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// TestTimeLimitsOfEveryExporter lets the collector answer nothing: each limit ends
// the request long before any default would.
func TestTimeLimitsOfEveryExporter(t *testing.T) {
	t.Parallel()
	const shorterThanDefaults = 8 * time.Second
	for _, e := range exporters {
		whole := map[string]string{"TRACES": "OTEL_BSP_EXPORT_TIMEOUT=50", "METRICS": "OTEL_METRIC_EXPORT_TIMEOUT=50"}[e.signal]
		for _, limit := range []string{"TIMEOUT=50", "OTEL_EXPORTER_OTLP_TIMEOUT=50", whole} {
			t.Run(e.signal+" "+e.protocol+" "+limit, func(t *testing.T) {
				t.Parallel()
				collector := testkit.NewCollector(t)
				collector.Hold(true)
				tel, logs := open(t, "exporting", encrypted(t, collector, e.signal, e.protocol, limit, "OTEL_BSP_SCHEDULE_DELAY=1", "OTEL_METRIC_EXPORT_INTERVAL=10"))
				endSpans(tel, 1)
				for deadline := time.Now().Add(shorterThanDefaults); collector.Abandoned() == 0; time.Sleep(5 * time.Millisecond) {
					if time.Now().After(deadline) {
						t.Errorf("no request was given up; logged %s", logs)
						break
					}
				}
				collector.Hold(false)
			})
		}
	}
}

// Metrics go to standard output as JSON, and at an interval.
func TestMetricsOnTheConsole(t *testing.T) {
	tel, logs := open(t, "counting", map[string]string{"OTEL_METRICS_EXPORTER": "console", "OTEL_METRIC_EXPORT_INTERVAL": "10"})
	seen := prometheus.NewCounter(prometheus.CounterOpts{Name: "lab_seen_total", Help: "x"})
	tel.Registry.MustRegister(seen)
	for deadline := time.Now().Add(30 * time.Second); strings.Count(logs.String(), `"Name":"lab_seen_total"`) < 3; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not three exports in half a minute, but %s", logs)
		}
	}
}

// The labels of target_info are the attributes of the resource under names that Prometheus accepts.
func TestLabelsOfTargetInfo(t *testing.T) {
	tel, _ := open(t, "described", map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "team=a,my.key=b,my-key=c,2nd=d,__own=e,service.version=7,"})
	info := testkit.Gather(t, tel.Registry).Select("target_info", nil)
	if len(info) != 1 || info[0].GetGauge().GetValue() != 1 {
		t.Fatalf("target_info is %+v, want one series of 1", info)
	}
	labels := map[string]string{}
	for _, label := range info[0].GetLabel() {
		labels[label.GetName()] = label.GetValue()
	}
	for name, want := range map[string]string{"team": "a", "my_key": "c;b", "key_2nd": "d", "key___own": "e", "service_version": "7", "service_name": "described"} {
		if got := labels[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// Metrics by OTLP are of the same resource.
func TestResourceOfMetrics(t *testing.T) {
	collector := testkit.NewCollector(t)
	tel, _ := open(t, "counting", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_METRICS_EXPORTER": "otlp", "OTEL_RESOURCE_ATTRIBUTES": "team=a,"})
	shutdown(t, tel)
	about := map[string]string{}
	for _, a := range collector.Metrics()[0].GetResource().GetAttributes() {
		about[a.GetKey()] = a.GetValue().GetStringValue()
	}
	if about["service.name"] != "counting" || about["team"] != "a" {
		t.Errorf("the resource is %v", about)
	}
}

// Without an endpoint the addresses are the specification's.
func TestDefaultAddresses(t *testing.T) {
	for protocol, want := range map[string]string{
		"": "http://localhost:4318/v1/traces", "http/json": "http://localhost:4318/v1/traces", "grpc": "http://localhost:4317",
	} {
		collector, problems := (&telemetry.OTLP{Protocol: protocol}).Collector(telemetry.Traces)
		if collector.URL != want || len(problems) > 0 {
			t.Errorf("%q: %s, %v; want %s", protocol, collector.URL, problems, want)
		}
	}
}
