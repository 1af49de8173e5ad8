package report

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"loadlab/loadgen/record"
)

// Times is a distribution of durations.
type Times struct {
	HDR *hdrhistogram.Histogram // in nanoseconds
	Sum time.Duration           // exact
}

// NewTimes pairs a histogram with the exact sum of its values.
func NewTimes(h *hdrhistogram.Histogram, sum time.Duration) Times { return Times{HDR: h, Sum: sum} }

// Count is the number of durations.
func (t Times) Count() uint64 { return uint64(t.HDR.TotalCount()) }

// Mean is exact, 0 if there are no durations.
func (t Times) Mean() time.Duration {
	if n := t.HDR.TotalCount(); n > 0 {
		return t.Sum / time.Duration(n)
	}
	return 0
}

// Quantile is the duration below which the share q, from 0 to 1, lies: to
// three digits, 0 if there are no durations.
func (t Times) Quantile(q float64) time.Duration {
	if t.HDR.TotalCount() == 0 {
		return 0
	}
	return time.Duration(t.HDR.ValueAtQuantile(100 * q))
}

// Max is the longest duration, to three digits.
func (t Times) Max() time.Duration { return time.Duration(t.HDR.Max()) }

// Merge returns the two distributions together.
func (t Times) Merge(other Times) Times {
	h := t.HDR.Clone()
	h.Merge(other.HDR)
	return Times{HDR: h, Sum: t.Sum + other.Sum}
}

type timesJSON struct {
	Count uint64        `json:"count"`
	Sum   time.Duration `json:"sum_ns"`
	Mean  time.Duration `json:"mean_ns"`
	P50   time.Duration `json:"p50_ns"`
	P90   time.Duration `json:"p90_ns"`
	P99   time.Duration `json:"p99_ns"`
	P999  time.Duration `json:"p999_ns"`
	Max   time.Duration `json:"max_ns"`
	HDR   string        `json:"hdr"` // HdrHistogram V2, compressed, base64
}

// MarshalJSON writes the usual quantiles with the whole histogram.
func (t Times) MarshalJSON() ([]byte, error) {
	blob, err := t.HDR.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encode histogram: %w", err)
	}
	return json.Marshal(timesJSON{
		Count: t.Count(), Sum: t.Sum, Mean: t.Mean(), P50: t.Quantile(.5), P90: t.Quantile(.9),
		P99: t.Quantile(.99), P999: t.Quantile(.999), Max: t.Max(), HDR: string(blob),
	})
}

// UnmarshalJSON reads what MarshalJSON wrote; only the histogram with the sum counts.
func (t *Times) UnmarshalJSON(data []byte) error {
	var read timesJSON
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	h, err := hdrhistogram.Decode([]byte(read.HDR))
	if err != nil {
		return fmt.Errorf("decode histogram: %w", err)
	}
	own := record.NewHDR()
	if lost := own.Merge(h); lost > 0 {
		return fmt.Errorf("decode histogram: %d values are out of range", lost)
	}
	*t = Times{HDR: own, Sum: read.Sum}
	return nil
}
