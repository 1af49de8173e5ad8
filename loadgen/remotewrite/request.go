package remotewrite

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	writev2 "github.com/prometheus/client_golang/exp/api/remote/genproto/v2"
	dto "github.com/prometheus/client_model/go"
)

// encoder makes series that share a table of symbols.
type encoder struct {
	symbols writev2.SymbolsTable
	common  map[string]string
	at      int64 // ms since the epoch
	series  []*writev2.TimeSeries
}

// request is a message of Remote-Write 2.0 with every metric of the families. Histograms that have native buckets
// are sent as native ones alone.
func request(families []*dto.MetricFamily, common map[string]string, at time.Time) *writev2.Request {
	e := &encoder{symbols: writev2.NewSymbolTable(), common: common, at: at.UnixMilli()}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			e.metric(family, m)
		}
	}
	return &writev2.Request{Symbols: e.symbols.Symbols(), Timeseries: e.series}
}

func (e *encoder) metric(family *dto.MetricFamily, m *dto.Metric) {
	name := family.GetName()
	switch {
	case m.Counter != nil:
		e.sample(family, m, name, m.Counter.GetValue())
	case m.Gauge != nil:
		e.sample(family, m, name, m.Gauge.GetValue())
	case m.Untyped != nil:
		e.sample(family, m, name, m.Untyped.GetValue())
	case m.Summary != nil:
		for _, q := range m.Summary.GetQuantile() {
			e.sample(family, m, name, q.GetValue(), "quantile", number(q.GetQuantile()))
		}
		e.sample(family, m, name+"_sum", m.Summary.GetSampleSum())
		e.sample(family, m, name+"_count", float64(m.Summary.GetSampleCount()))
	case m.Histogram != nil && m.Histogram.Schema != nil:
		e.native(family, m)
	case m.Histogram != nil:
		h := m.Histogram
		for _, b := range h.GetBucket() {
			if !math.IsInf(b.GetUpperBound(), 1) {
				e.sample(family, m, name+"_bucket", float64(b.GetCumulativeCount()), "le", number(b.GetUpperBound()))
			}
		}
		e.sample(family, m, name+"_bucket", float64(h.GetSampleCount()), "le", "+Inf")
		e.sample(family, m, name+"_sum", h.GetSampleSum())
		e.sample(family, m, name+"_count", float64(h.GetSampleCount()))
	}
}

func (e *encoder) sample(family *dto.MetricFamily, m *dto.Metric, name string, value float64, more ...string) {
	series := e.add(family, m, name, more...)
	series.Samples = []*writev2.Sample{{Value: value, Timestamp: e.at}}
}

func (e *encoder) native(family *dto.MetricFamily, m *dto.Metric) {
	h := m.Histogram
	series := e.add(family, m, family.GetName())
	series.Histograms = []*writev2.Histogram{{
		Count: &writev2.Histogram_CountInt{CountInt: h.GetSampleCount()}, Sum: h.GetSampleSum(), Schema: h.GetSchema(),
		ZeroThreshold: h.GetZeroThreshold(), ZeroCount: &writev2.Histogram_ZeroCountInt{ZeroCountInt: h.GetZeroCount()},
		NegativeSpans: spans(h.GetNegativeSpan()), NegativeDeltas: h.GetNegativeDelta(),
		PositiveSpans: spans(h.GetPositiveSpan()), PositiveDeltas: h.GetPositiveDelta(), Timestamp: e.at,
	}}
}

func spans(from []*dto.BucketSpan) []*writev2.BucketSpan {
	var all []*writev2.BucketSpan
	for _, s := range from {
		all = append(all, &writev2.BucketSpan{Offset: s.GetOffset(), Length: s.GetLength()})
	}
	return all
}

// add makes a series with its labels, sorted as the protocol wants them.
func (e *encoder) add(family *dto.MetricFamily, m *dto.Metric, name string, more ...string) *writev2.TimeSeries {
	labels := maps.Clone(e.common)
	if labels == nil {
		labels = map[string]string{}
	}
	for _, l := range m.GetLabel() {
		labels[l.GetName()] = l.GetValue()
	}
	for i := 0; i < len(more); i += 2 {
		labels[more[i]] = more[i+1]
	}
	labels["__name__"] = name
	var flat []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if labels[key] != "" { // an empty label is none
			flat = append(flat, key, labels[key])
		}
	}
	series := &writev2.TimeSeries{
		LabelsRefs: e.symbols.SymbolizeLabels(flat, nil),
		Metadata:   &writev2.Metadata{Type: kind(family.GetType()), HelpRef: e.symbols.Symbolize(family.GetHelp())},
	}
	e.series = append(e.series, series)
	return series
}

func kind(t dto.MetricType) writev2.Metadata_MetricType {
	switch t {
	case dto.MetricType_COUNTER:
		return writev2.Metadata_METRIC_TYPE_COUNTER
	case dto.MetricType_GAUGE:
		return writev2.Metadata_METRIC_TYPE_GAUGE
	case dto.MetricType_SUMMARY:
		return writev2.Metadata_METRIC_TYPE_SUMMARY
	case dto.MetricType_HISTOGRAM:
		return writev2.Metadata_METRIC_TYPE_HISTOGRAM
	case dto.MetricType_GAUGE_HISTOGRAM:
		return writev2.Metadata_METRIC_TYPE_GAUGEHISTOGRAM
	}
	return writev2.Metadata_METRIC_TYPE_UNSPECIFIED
}

// number writes a float as Prometheus's text format does: "1" as "1.0".
func number(v float64) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return fmt.Sprintf("%.1f", v)
	}
	return text
}
