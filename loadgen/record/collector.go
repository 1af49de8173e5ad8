package record

import (
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Labels are what metrics call a target.
type Labels struct {
	Target, Method string
	Host, Port     string
}

// The descriptions of the metrics that totals have.
type descriptions struct {
	response, client, lag, requests, scheduled, dropped, time *prometheus.Desc
}

func describe() descriptions {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return descriptions{
		response:  d("loadgen_response_time_seconds", "Time from the intended start of a request to its end.", "target", "outcome"),
		client:    d("http_client_request_duration_seconds", "Time from the write of a request to its end.", "server_address", "server_port", "http_request_method", "http_response_status_code", "error_type"),
		lag:       d("loadgen_schedule_lag_seconds", "Time from the intended start of a request until it was written, or queued for a connection.", "target"),
		requests:  d("loadgen_requests_total", "Requests that were sent and have ended.", "target", "http_request_method", "http_response_status_code", "outcome"),
		scheduled: d("loadgen_scheduled_total", "Requests that were due.", "target"),
		dropped:   d("loadgen_dropped_total", "Requests that were due and never sent.", "target", "reason"),
		time:      d("loadgen_time_seconds_total", "Response time by where it went.", "target", "part"),
	}
}

// Describe sends the descriptions of what Collect sends.
func Describe(ch chan<- *prometheus.Desc) {
	d := describe()
	for _, desc := range []*prometheus.Desc{d.response, d.client, d.lag, d.requests, d.scheduled, d.dropped, d.time} {
		ch <- desc
	}
}

// Collect sends the metrics of all totals together, whose targets are the same.
func Collect(ch chan<- prometheus.Metric, labels []Labels, totals ...*Totals) {
	d := describe()
	clients := map[clientKey]*shape{}
	for i, l := range labels {
		var sum TargetTotals
		for _, t := range totals {
			sum.addCounts(&t.Targets[i])
		}
		sum.collectCounts(ch, d, l)
		lag := &shape{}
		for o := range outcomes {
			response := &shape{}
			for _, t := range totals {
				response.add(t.Targets[i].Response[o])
				key := clientKey{l.Host, l.Port, l.Method, Outcome(o)}
				if clients[key] == nil {
					clients[key] = &shape{}
				}
				clients[key].add(t.Targets[i].Service[o])
			}
			response.collect(ch, d.response, l.Target, Outcome(o).String())
		}
		for _, t := range totals {
			lag.add(t.Targets[i].Lag)
		}
		lag.collect(ch, d.lag, l.Target)
	}
	for key, s := range clients {
		s.collect(ch, d.client, key.host, key.port, key.method, "", key.errorType())
	}
}

// clientKey is what distinguishes the series of the client's durations. The
// status code would need a histogram for each.
type clientKey struct {
	host, port, method string
	outcome            Outcome
}

func (k clientKey) errorType() string {
	if k.outcome == OK {
		return ""
	}
	return k.outcome.String()
}

func (t *TargetTotals) addCounts(from *TargetTotals) {
	t.Scheduled += from.Scheduled
	for i, n := range from.Dropped {
		t.Dropped[i] += n
	}
	for i, n := range from.Outcomes {
		t.Outcomes[i] += n
	}
	for i, n := range from.Status {
		t.Status[i] += n
	}
	t.judged.merge(from.judged)
	for i, d := range from.Parts {
		t.Parts[i] += d
	}
}

func (t *TargetTotals) collectCounts(ch chan<- prometheus.Metric, d descriptions, l Labels) {
	count := func(desc *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, v, labels...)
	}
	count(d.scheduled, float64(t.Scheduled), l.Target)
	for reason, n := range t.Dropped {
		count(d.dropped, float64(n), l.Target, Drop(reason).String())
	}
	for part, sum := range t.Parts {
		count(d.time, sum.Seconds(), l.Target, Part(part).String())
	}
	for code, n := range t.Status {
		if n -= t.judged.of(code); n > 0 {
			count(d.requests, float64(n), l.Target, l.Method, strconv.Itoa(code), byStatus(code).String())
		}
	}
	for key, n := range t.judged {
		count(d.requests, float64(n), l.Target, l.Method, strconv.Itoa(key.status), key.outcome.String())
	}
	for o := Timeout; int(o) < outcomes; o++ {
		if o == CheckFailed {
			continue // has a status
		}
		count(d.requests, float64(t.Outcomes[o]), l.Target, l.Method, "", o.String())
	}
}

// A shape is the sum of distributions as Prometheus shows it: classic buckets
// for those who query them, native ones for those who know them.
type shape struct {
	count   uint64
	sum     float64
	classic [len(classicBounds) + 1]uint64
	native  map[int]uint64
	shown   [len(classicBounds) + 1]shownExemplar
}

func (s *shape) add(d *Distribution) {
	if d == nil {
		return
	}
	if s.native == nil {
		s.native = map[int]uint64{}
	}
	s.count += uint64(d.HDR.TotalCount())
	s.sum += d.Sum.Seconds()
	for i, n := range d.classic {
		s.classic[i] += n
	}
	for i, n := range d.native {
		s.native[i] += n
	}
	for i, e := range d.shown {
		if e.at.After(s.shown[i].at) {
			s.shown[i] = e
		}
	}
}

func (s *shape) collect(ch chan<- prometheus.Metric, desc *prometheus.Desc, labels ...string) {
	if s.count > 0 {
		ch <- histogramMetric{desc, labels, s}
	}
}

// histogramMetric has classic with native buckets, which no constructor of the
// Prometheus client makes of counts.
type histogramMetric struct {
	desc   *prometheus.Desc
	values []string
	shape  *shape
}

func (m histogramMetric) Desc() *prometheus.Desc { return m.desc }

func (m histogramMetric) Write(out *dto.Metric) error {
	s := m.shape
	out.Label = prometheus.MakeLabelPairs(m.desc, m.values)
	h := &dto.Histogram{SampleCount: &s.count, SampleSum: &s.sum, Schema: proto.Int32(nativeSchema), ZeroThreshold: proto.Float64(0), ZeroCount: proto.Uint64(0)}
	var below uint64
	for i, bound := range classicBounds {
		below += s.classic[i]
		h.Bucket = append(h.Bucket, &dto.Bucket{CumulativeCount: proto.Uint64(below), UpperBound: proto.Float64(bound), Exemplar: s.shown[i].metric()})
	}
	if last := s.shown[len(classicBounds)].metric(); last != nil {
		h.Bucket = append(h.Bucket, &dto.Bucket{CumulativeCount: proto.Uint64(s.count), UpperBound: proto.Float64(math.Inf(1)), Exemplar: last})
	}
	for i := range s.shown {
		if e := s.shown[i].metric(); e != nil {
			h.Exemplars = append(h.Exemplars, e)
		}
	}
	h.PositiveSpan, h.PositiveDelta = spans(s.native)
	out.Histogram = h
	return nil
}

// spans encodes counts by index as native histograms are sent: runs of
// neighbouring indexes, with each count as the difference from the one before.
func spans(counts map[int]uint64) (spans []*dto.BucketSpan, deltas []int64) {
	var before int64
	next := 0
	for n, i := range slices.Sorted(maps.Keys(counts)) {
		if n == 0 || i != next {
			spans = append(spans, &dto.BucketSpan{Offset: proto.Int32(int32(i - next)), Length: proto.Uint32(0)})
		}
		*spans[len(spans)-1].Length++
		deltas = append(deltas, int64(counts[i])-before)
		before = int64(counts[i])
		next = i + 1
	}
	return spans, deltas
}

func (e *shownExemplar) metric() *dto.Exemplar {
	if e.at.Equal(time.Time{}) {
		return nil
	}
	return &dto.Exemplar{
		Label:     []*dto.LabelPair{{Name: proto.String("trace_id"), Value: proto.String(hex.EncodeToString(e.trace[:]))}},
		Value:     proto.Float64(e.response.Seconds()),
		Timestamp: timestamppb.New(e.at),
	}
}
