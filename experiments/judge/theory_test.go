package judge

import (
	"strings"
	"testing"

	"loadlab/experiments/catalog"
	"loadlab/experiments/queueing"
	"loadlab/experiments/result"
)

// theoretical is a result of the experiment queueing in which requests have waited as wait says.
func theoretical(wait func(queueing.System) float64) *result.Result {
	const service = 0.005
	r := &result.Result{Name: "queueing", Rounds: []result.Round{{Points: map[string][]result.Point{"alone": {{Mean: service, Valid: true}}}}}}
	for _, rate := range []float64{95, 133, 162, 171} {
		system := queueing.System{Servers: 1, Arrival: rate, Service: service}
		r.Rounds[0].Points["sweep"] = append(r.Rounds[0].Points["sweep"], result.Point{Offered: rate, Mean: service + wait(system), Valid: true})
	}
	return r
}

// TestWrongTheoryDoesNotHold judges times that are exact, by the right theory and by another.
func TestWrongTheoryDoesNotHold(t *testing.T) {
	d, err := catalog.Find("queueing")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		wait func(queueing.System) float64
		want result.Verdict
	}{
		{"work of equal length", queueing.System.MeanWaitMDc, result.Holds},
		{"work of random length", queueing.System.MeanWaitMMc, result.DoesNotHold},
		{"no waiting", func(queueing.System) float64 { return 0.0001 }, result.DoesNotHold},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := theoretical(row.wait)
			Result(d, r)
			if r.Verdict != row.want {
				t.Errorf("%s, want %s: %s", r.Verdict, row.want, strings.Join(r.Reasons, "; "))
			}
		})
	}
}
