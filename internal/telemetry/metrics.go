package telemetry

import (
	"os"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/trace"
)

// DurationBuckets are the classic bounds, in seconds, that the OpenTelemetry
// semantic conventions advise for http.server.request.duration.
func DurationBuckets() []float64 {
	return []float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}
}

// DurationOpts completes the options of a histogram of durations in seconds,
// which is exposed with classic and native buckets.
func DurationOpts(name, help string) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help,
		Buckets:                         DurationBuckets(),
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  100,
		NativeHistogramMinResetDuration: time.Hour,
	}
}

func newRegistry(id Identity) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(
			collectors.MetricsScheduler, collectors.MetricsGC, collectors.MetricsMemory,
			collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/cpu/classes/`)})),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newCgroupCollector(os.DirFS("/")),
		buildInfo(id),
	)
	return registry
}

func buildInfo(id Identity) prometheus.Collector {
	revision := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = setting.Value
			}
		}
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "lab_build_info", Help: "Always 1; its labels name the program that runs.",
		ConstLabels: prometheus.Labels{"service": id.Service, "version": id.Version, "revision": revision},
	})
	info.Set(1)
	return info
}

// Observe records elapsed, in seconds, with an exemplar if the span is sampled.
func Observe(observer prometheus.Observer, elapsed time.Duration, span trace.SpanContext) {
	if exemplars, ok := observer.(prometheus.ExemplarObserver); ok && span.IsSampled() {
		exemplars.ObserveWithExemplar(elapsed.Seconds(), prometheus.Labels{"trace_id": span.TraceID().String()})
		return
	}
	observer.Observe(elapsed.Seconds())
}
