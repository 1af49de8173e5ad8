package record

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Totals are the results of a run so far.
type Totals struct {
	Targets []TargetTotals
}

// TargetTotals are those of one target.
type TargetTotals struct {
	Scheduled uint64
	Dropped   [drops]uint64
	Outcomes  [outcomes]uint64
	Status    [maxStatus]uint64
	Parts     [Parts]time.Duration
	Splits    uint64
	Dated     uint64
	Bytes     int64
	Response  [outcomes]*Distribution // nil if there was none
	Service   [outcomes]*Distribution
	Lag       *Distribution
	judged    judged
	failures  failures
}

// NewTotals returns empty totals.
func NewTotals(targets int) *Totals { return &Totals{Targets: make([]TargetTotals, targets)} }

// Merge adds everything in s.
func (t *Totals) Merge(s *Set, now time.Time) {
	for i := range s.Targets {
		t.Targets[i].merge(&s.Targets[i], now)
	}
}

func (t *TargetTotals) merge(s *Target, now time.Time) {
	t.Scheduled += s.Scheduled
	t.Splits += s.Splits
	t.Dated += s.Dated
	t.Bytes += s.Bytes
	for i, n := range s.Dropped {
		t.Dropped[i] += n
	}
	for i, d := range s.Parts {
		t.Parts[i] += d
	}
	for o, n := range s.Outcomes {
		if t.Outcomes[o] += n; n > 0 {
			t.Response[o] = t.Response[o].merge(&s.Response[o])
			t.Service[o] = t.Service[o].merge(&s.Service[o])
		}
	}
	for code, n := range s.Status {
		t.Status[code] += n
	}
	if s.Lag.Total() > 0 {
		t.Lag = t.Lag.merge(&s.Lag)
	}
	t.failures.merge(s.failures)
	t.judged.merge(s.judged)
	for _, e := range s.exemplars {
		t.Response[e.outcome].exemplify(e, now)
	}
}

// Distribution is a merged histogram, with the buckets that Prometheus shows.
type Distribution struct {
	HDR     *hdrhistogram.Histogram
	Sum     time.Duration
	classic [len(classicBounds) + 1]uint64
	native  map[int]uint64 // by index, at nativeSchema
	shown   [len(classicBounds) + 1]shownExemplar
}

type shownExemplar struct {
	exemplar
	at time.Time
}

// classicBounds are OpenTelemetry's advice for HTTP durations, in seconds.
var classicBounds = [...]float64{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}

// nativeSchema 3 has eight buckets a doubling, a growth factor of 1.09.
const nativeSchema = 3

func (d *Distribution) merge(h *Histogram) *Distribution {
	if d == nil {
		d = &Distribution{HDR: NewHDR(), native: map[int]uint64{}}
	}
	d.Sum += h.Sum()
	h.Each(func(value, count int64) {
		_ = d.HDR.RecordValues(min(value, longest), count) // cannot fail within the bounds
		s := float64(value) / 1e9
		d.classic[classicIndex(s)] += uint64(count)
		d.native[nativeIndex(s)] += uint64(count)
	})
	return d
}

func (d *Distribution) exemplify(e exemplar, now time.Time) {
	d.shown[classicIndex(e.response.Seconds())] = shownExemplar{e, now}
}

func classicIndex(seconds float64) int {
	i := 0
	for i < len(classicBounds) && seconds > classicBounds[i] {
		i++
	}
	return i
}

// nativeIndex is i of the bucket (b^(i-1), b^i] with b = 2^(2^-schema), as
// Prometheus's native histograms define it.
func nativeIndex(seconds float64) int {
	return int(math.Ceil(math.Log2(seconds) * (1 << nativeSchema)))
}
