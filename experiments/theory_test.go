package experiments

import (
	"strings"
	"testing"

	"loadlab/experiments/queueing"
)

// theoretical is a result of the experiment queueing in which requests have waited as wait says.
func theoretical(wait func(queueing.System) float64) *Result {
	const service = 0.005
	r := &Result{Name: "queueing", Rounds: []Round{{Points: map[string][]Point{"alone": {{Mean: service, Valid: true}}}}}}
	for _, rate := range []float64{95, 133, 162, 171} {
		system := queueing.System{Servers: 1, Arrival: rate, Service: service}
		r.Rounds[0].Points["sweep"] = append(r.Rounds[0].Points["sweep"], Point{Offered: rate, Mean: service + wait(system), Valid: true})
	}
	return r
}

// TestWrongTheoryDoesNotHold judges times that are exact, by the right theory and by another.
func TestWrongTheoryDoesNotHold(t *testing.T) {
	d, err := Find("queueing")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		wait func(queueing.System) float64
		want Verdict
	}{
		{"work of equal length", queueing.System.MeanWaitMDc, Holds},
		{"work of random length", queueing.System.MeanWaitMMc, DoesNotHold},
		{"no waiting", func(queueing.System) float64 { return 0.0001 }, DoesNotHold},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := theoretical(row.wait)
			d.judge(r)
			if r.Verdict != row.want {
				t.Errorf("%s, want %s: %s", r.Verdict, row.want, strings.Join(r.Reasons, "; "))
			}
		})
	}
}
