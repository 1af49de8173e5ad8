package prom

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"loadlab/internal/decimal"
)

// Bounds of a range without start or end; in milliseconds both fit an int64.
func minTime() time.Time { return time.UnixMilli(math.MinInt64 / 4) }
func maxTime() time.Time { return time.UnixMilli(math.MaxInt64 / 4) }

// parseTime reads seconds since 1970, with a fraction, or RFC 3339.
func parseTime(text string) (time.Time, error) {
	if seconds, err := decimal.Float(text); err == nil {
		if math.Abs(seconds) > 1e12 {
			return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", text)
		}
		return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("cannot parse %q to a valid timestamp", text)
}

// parseDuration reads seconds, with a fraction, or Prometheus's 1m30s.
func parseDuration(text string) (time.Duration, error) {
	if seconds, err := decimal.Float(text); err == nil {
		if math.Abs(seconds) > math.MaxInt64/float64(time.Second) {
			return 0, fmt.Errorf("cannot parse %q to a valid duration: it overflows", text)
		}
		return time.Duration(seconds * float64(time.Second)), nil
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("cannot parse %q to a valid duration", text)
	}
	return time.Duration(d), nil
}

// formTime reads an optional time.
func formTime(r *http.Request, name string, fallback time.Time) (time.Time, error) {
	text := r.Form.Get(name)
	if text == "" {
		return fallback, nil
	}
	t, err := parseTime(text)
	if err != nil {
		return t, invalid(name, err)
	}
	return t, nil
}

// formRange reads optional bounds of time.
func formRange(r *http.Request) (start, end time.Time, err error) {
	if start, err = formTime(r, "start", minTime()); err != nil {
		return start, end, err
	}
	if end, err = formTime(r, "end", maxTime()); err != nil {
		return start, end, err
	}
	if end.Before(start) {
		return start, end, invalid("end", errors.New("end timestamp must not be before start time"))
	}
	return start, end, nil
}

// formLimit reads how many results to return at most; 0 means all.
func formLimit(r *http.Request, name string) (int, error) {
	text := r.Form.Get(name)
	if text == "" {
		return 0, nil
	}
	limit, err := decimal.Int(text)
	if err != nil || limit < 0 || limit > math.MaxInt32 {
		return 0, invalid(name, errors.New("must be a number that is not negative"))
	}
	return int(limit), nil
}

// formMatchers reads the selectors of match[].
func formMatchers(r *http.Request, p parser.Parser) ([][]*labels.Matcher, error) {
	sets, err := p.ParseMetricSelectors(r.Form["match[]"])
	if err != nil {
		return nil, invalid("match[]", err)
	}
	for _, set := range sets {
		selective := false
		for _, matcher := range set {
			selective = selective || !matcher.Matches("")
		}
		if !selective {
			return nil, badData{errors.New("match[] must contain at least one non-empty matcher")}
		}
	}
	return sets, nil
}
