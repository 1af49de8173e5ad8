package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"loadlab/internal/decimal"
	"loadlab/loadgen/record"
)

// Threshold is a bound on one figure of a report.
type Threshold struct {
	Text  string  `json:"threshold"`
	Bound float64 `json:"bound"` // in seconds, as a share, or per second
	Value float64 `json:"value"`
	OK    bool    `json:"ok"`
	// Reason says why a threshold fails whatever its bound; empty if the bound decides.
	Reason string `json:"reason,omitempty"`

	figure  string
	op      string
	implied bool // by WithMaxErrorRate
}

// figure returns the figure of r that a threshold can bound by its name. Times
// are in seconds; quantiles are written p50, p99 or p99.9, of the response time of successes: failures
// are often fast.
func (r *Report) figure(name string) (value float64, known bool) {
	switch name {
	case "mean":
		return r.ResponseOK.Mean().Seconds(), true
	case "max":
		return r.ResponseOK.Max().Seconds(), true
	case "error_rate":
		return share(r.Failed(), r.Completed), true
	case "dropped_rate":
		return share(r.DroppedAll(), r.Scheduled), true
	case "rate":
		return r.AchievedRate, true
	}
	q, ok := quantile(name)
	if !ok {
		return 0, false
	}
	return r.ResponseOK.Quantile(q).Seconds(), true
}

// unmeasured says why r has no figure of that name: the time of requests that
// failed says nothing about those that would have succeeded.
func (r *Report) unmeasured(name string) string {
	switch name {
	case "dropped_rate":
		return ""
	case "error_rate":
		if r.Completed == 0 {
			return "no request was completed"
		}
		return ""
	}
	if r.Succeeded() == 0 {
		return "no request succeeded"
	}
	return ""
}

func share(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// ParseThresholds reads "p99<250ms,error_rate<1%". The error names every
// threshold that cannot be used.
func ParseThresholds(text string) ([]Threshold, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var all []Threshold
	var errs []error
	for part := range strings.SplitSeq(text, ",") {
		t, err := parseThreshold(strings.TrimSpace(part))
		if err != nil {
			errs = append(errs, err)
		}
		all = append(all, t)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return all, nil
}

func parseThreshold(text string) (Threshold, error) {
	at := strings.IndexAny(text, "<>")
	if at < 0 {
		return Threshold{}, fmt.Errorf("threshold %q is not figure<bound or figure>bound", text)
	}
	t := Threshold{Text: text, figure: strings.TrimSpace(text[:at]), op: text[at : at+1]}
	rest := text[at+1:]
	if strings.HasPrefix(rest, "=") {
		t.op, rest = t.op+"=", rest[1:]
	}
	empty := Report{ResponseOK: NewTimes(record.NewHDR(), 0)}
	if _, known := empty.figure(t.figure); !known {
		return t, fmt.Errorf("threshold %q: unknown figure; known are p50 or any pN, mean, max, error_rate, dropped_rate, rate", text)
	}
	var err error
	t.Bound, err = parseBound(t.figure, strings.TrimSpace(rest))
	if err != nil {
		return t, fmt.Errorf("threshold %q: %w", text, err)
	}
	return t, nil
}

func parseBound(figure, text string) (float64, error) {
	switch figure {
	case "error_rate", "dropped_rate":
		percent, isPercent := strings.CutSuffix(text, "%")
		v, err := decimal.Float(strings.TrimSpace(percent))
		if isPercent {
			v /= 100
		}
		if err != nil || !(v >= 0 && v <= 1) {
			return 0, errors.New("the bound must be a share, as 1% or 0.01")
		}
		return v, nil
	case "rate":
		v, err := decimal.Scientific(text)
		if err != nil || v < 0 {
			return 0, errors.New("the bound must be a number of requests per second")
		}
		return v, nil
	}
	d, err := decimal.Duration(text)
	if err != nil || d < 0 {
		return 0, errors.New("the bound must be a duration, as 250ms")
	}
	return d.Seconds(), nil
}

func quantile(figure string) (float64, bool) {
	digits, ok := strings.CutPrefix(figure, "p")
	q, err := decimal.Float(digits)
	return q / 100, ok && err == nil && q > 0 && q <= 100
}

// MaxErrorRate is the threshold on failures of a run without one.
const MaxErrorRate = "error_rate<=1%"

// WithMaxErrorRate adds MaxErrorRate to thresholds of which none bounds the rate of errors.
func WithMaxErrorRate(thresholds []Threshold) []Threshold {
	if slices.ContainsFunc(thresholds, func(t Threshold) bool { return t.figure == "error_rate" }) {
		return thresholds
	}
	return append(slices.Clip(thresholds), Threshold{Text: MaxErrorRate, Bound: 0.01, figure: "error_rate", op: "<=", implied: true})
}

// Check judges r by the thresholds and keeps the verdicts in it. It is true if
// all hold. A time or a rate holds only if some request succeeded.
func (r *Report) Check(thresholds []Threshold) bool {
	r.Thresholds = nil
	all := true
	for _, t := range thresholds {
		if t.implied && r.Completed == 0 {
			continue // without a request there are no failures either
		}
		t.Value, _ = r.figure(t.figure) // known since it was parsed
		switch t.op {
		case "<":
			t.OK = t.Value < t.Bound
		case "<=":
			t.OK = t.Value <= t.Bound
		case ">":
			t.OK = t.Value > t.Bound
		case ">=":
			t.OK = t.Value >= t.Bound
		}
		if t.Reason = r.unmeasured(t.figure); t.Reason != "" {
			t.OK = false
		}
		r.Thresholds = append(r.Thresholds, t)
		all = all && t.OK
	}
	return all
}
