package observe

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"loadlab/loadgen/report"
)

// Parts are the means per request of a report, with the whole response.
type Parts struct {
	Mean     map[string]time.Duration
	Response time.Duration
}

// PartsOf checks that the parts add up to the response, and logs them.
func PartsOf(t testing.TB, r *report.Report) (Parts, error) {
	t.Helper()
	p := Parts{Mean: map[string]time.Duration{}, Response: r.Response.Mean()}
	n := time.Duration(r.Completed)
	if n == 0 {
		return p, errors.New("nothing was completed")
	}
	var sum time.Duration
	for name, d := range r.Parts() {
		p.Mean[name] = d / n
		sum += d / n
	}
	t.Logf("%v: %v", p.Response, p.Mean)
	if off := math.Abs(float64(sum)/float64(p.Response) - 1); off > 0.01 {
		return p, fmt.Errorf("the parts sum to %v, the mean response is %v", sum, p.Response)
	}
	return p, nil
}

// Share is how much of the response the named parts are together.
func (p Parts) Share(names ...string) float64 {
	var sum time.Duration
	for _, name := range names {
		sum += p.Mean[name]
	}
	return float64(sum) / float64(p.Response)
}

// Owned returns an error unless the service and the gateway own nearly all of
// the response, and neither the network nor the generator much of it.
func (p Parts) Owned() error {
	if owned := p.Share("cpu", "wait", "queue", "entry", "blocked"); owned < 0.95 {
		return fmt.Errorf("the service and the gateway own %.3f of the response", owned)
	}
	for _, part := range []string{"network", "lag", "unattributed"} {
		if p.Mean[part] > 5*time.Millisecond {
			return fmt.Errorf("%s is %v of a response of %v", part, p.Mean[part], p.Response)
		}
	}
	return nil
}
