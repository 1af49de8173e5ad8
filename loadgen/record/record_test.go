package record_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"loadlab/loadgen/record"
)

// HdrHistogram's own implementation is the judge: same buckets, same quantiles.
func TestHistogramAgreesWithHDR(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	ours, theirs := &record.Histogram{}, record.NewHDR()
	var sum time.Duration
	for range 100_000 {
		v := int64(random.ExpFloat64() * float64(uint64(1)<<random.IntN(38)))
		v = min(v, int64(15*time.Minute))
		ours.Record(time.Duration(v))
		sum += time.Duration(v)
		if err := theirs.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	if ours.Sum() != sum || int64(ours.Total()) != theirs.TotalCount() {
		t.Errorf("sum %v of %d, want %v of %d", ours.Sum(), ours.Total(), sum, theirs.TotalCount())
	}
	for _, q := range []float64{.01, .5, .9, .99, .999, 1} {
		got, want := int64(ours.Quantile(q)), theirs.ValueAtQuantile(100*q)
		if !theirs.ValuesAreEquivalent(got, want) {
			t.Errorf("quantile %v: %d, by HdrHistogram %d", q, got, want)
		}
	}
	merged := record.NewHDR()
	ours.Each(func(value, count int64) {
		if err := merged.RecordValues(value, count); err != nil {
			t.Fatal(err)
		}
	})
	if !merged.Equals(theirs) {
		t.Error("the merged histogram is another than that of the values themselves")
	}
}

func TestHistogramBounds(t *testing.T) {
	var h record.Histogram
	h.Record(-time.Second)
	h.Record(time.Hour)
	if got := h.Quantile(.5); got > time.Microsecond {
		t.Errorf("a negative duration counts as %v, want none", got)
	}
	if got := h.Quantile(1); got < 14*time.Minute || got > 16*time.Minute {
		t.Errorf("an hour counts as %v, want the longest, 15m", got)
	}
	h.Reset()
	if h.Total() != 0 || h.Quantile(.5) != 0 {
		t.Error("a histogram that was reset is not empty")
	}
}

// totals has two successes of 20 ms, one of them traced, with a timeout of 2 s.
func totals() *record.Totals {
	set := record.NewSet(1)
	set.Targets[0].Scheduled = 4
	set.Targets[0].Dropped[record.Deadline] = 1
	ok := record.Result{Outcome: record.OK, Status: 200, Response: 20 * time.Millisecond, Service: 10 * time.Millisecond, Lag: time.Millisecond}
	ok.Parts[record.CPU] = 5 * time.Millisecond
	set.Add(&ok)
	ok.TraceID = [16]byte{0xab}
	set.Add(&ok)
	set.Add(&record.Result{Outcome: record.Timeout, Response: 2 * time.Second, Service: time.Second})
	all := record.NewTotals(1)
	all.Merge(set, time.Unix(1, 0))
	return all
}

type collector struct{}

func (collector) Describe(ch chan<- *prometheus.Desc) { record.Describe(ch) }

func (collector) Collect(ch chan<- prometheus.Metric) {
	record.Collect(ch, []record.Labels{{Target: "io", Method: "GET", Host: "a", Port: "80"}}, totals(), record.NewTotals(1))
}

func TestCounters(t *testing.T) {
	want := `
# HELP loadgen_dropped_total Requests that were due and never sent.
# TYPE loadgen_dropped_total counter
loadgen_dropped_total{reason="deadline",target="io"} 1
loadgen_dropped_total{reason="late",target="io"} 0
loadgen_dropped_total{reason="local_limit",target="io"} 0
loadgen_dropped_total{reason="no_resource",target="io"} 0
loadgen_dropped_total{reason="queue_full",target="io"} 0
loadgen_dropped_total{reason="run_end",target="io"} 0
# HELP loadgen_requests_total Requests that were sent and have ended.
# TYPE loadgen_requests_total counter
loadgen_requests_total{http_request_method="GET",http_response_status_code="",outcome="connect_error",target="io"} 0
loadgen_requests_total{http_request_method="GET",http_response_status_code="",outcome="protocol_error",target="io"} 0
loadgen_requests_total{http_request_method="GET",http_response_status_code="",outcome="timeout",target="io"} 1
loadgen_requests_total{http_request_method="GET",http_response_status_code="",outcome="unfinished",target="io"} 0
loadgen_requests_total{http_request_method="GET",http_response_status_code="200",outcome="ok",target="io"} 2
# HELP loadgen_scheduled_total Requests that were due.
# TYPE loadgen_scheduled_total counter
loadgen_scheduled_total{target="io"} 4
# HELP loadgen_time_seconds_total Response time by where it went.
# TYPE loadgen_time_seconds_total counter
loadgen_time_seconds_total{part="blocked",target="io"} 0
loadgen_time_seconds_total{part="connect",target="io"} 0
loadgen_time_seconds_total{part="cpu",target="io"} 0.01
loadgen_time_seconds_total{part="entry",target="io"} 0
loadgen_time_seconds_total{part="lag",target="io"} 0
loadgen_time_seconds_total{part="network",target="io"} 0
loadgen_time_seconds_total{part="queue",target="io"} 0
loadgen_time_seconds_total{part="unattributed",target="io"} 0
loadgen_time_seconds_total{part="wait",target="io"} 0
`
	if err := testutil.CollectAndCompare(collector{}, strings.NewReader(want), "loadgen_dropped_total", "loadgen_requests_total", "loadgen_scheduled_total", "loadgen_time_seconds_total"); err != nil {
		t.Error(err)
	}
}

// histogram returns the response times with the outcome, as they are exposed.
func histogram(t *testing.T, outcome string) *dto.Histogram {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.Metric {
			if family.GetName() == "loadgen_response_time_seconds" && m.Label[0].GetValue() == outcome {
				return m.Histogram
			}
		}
	}
	t.Fatalf("no histogram of outcome %s", outcome)
	return nil
}

func TestHistogramsAreClassicWithNative(t *testing.T) {
	h := histogram(t, "ok")
	if h.GetSampleCount() != 2 || h.GetSampleSum() != .04 {
		t.Errorf("%d values of sum %v, want 2 of 0.04", h.GetSampleCount(), h.GetSampleSum())
	}
	for _, b := range h.Bucket {
		if want := map[bool]uint64{true: 2}[b.GetUpperBound() >= .025]; b.GetCumulativeCount() != want {
			t.Errorf("bucket %v has %d, want %d", b.GetUpperBound(), b.GetCumulativeCount(), want)
		}
		if e := b.Exemplar; (e != nil) != (b.GetUpperBound() == .025) || e != nil && e.Label[0].GetValue() != "ab"+strings.Repeat("0", 30) {
			t.Errorf("bucket %v has the exemplar %v", b.GetUpperBound(), e)
		}
	}
	// 20 ms lies in (2^(-46/8), 2^(-45/8)] = (18.6, 20.3] ms.
	if len(h.PositiveSpan) != 1 || h.PositiveSpan[0].GetOffset() != -45 || len(h.PositiveDelta) != 1 || h.PositiveDelta[0] != 2 || len(h.Exemplars) != 1 {
		t.Errorf("native: spans %v, deltas %v, exemplars %v", h.PositiveSpan, h.PositiveDelta, h.Exemplars)
	}
}

func BenchmarkRecord(b *testing.B) {
	set := record.NewSet(1)
	r := record.Result{Status: 200, Response: 123456, Service: 120000, Lag: 3456}
	b.ReportAllocs()
	for b.Loop() {
		set.Add(&r)
	}
}
