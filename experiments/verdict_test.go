package experiments

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

const speedUp = `name: sample
title: A <script>alert(1)</script> title
question: How much faster?
hypothesis: As many times as there are cores.
given: {cores: 1}
steps:
  - {name: one, target: "GET {cpubound}/cpu/spin?ms=50", loop: batch, counts: [1]}
  - {name: many, target: "GET {cpubound}/cpu/spin?ms=50", loop: batch, counts: [16], watch: cpubound}
figures:
  - {name: speed_up, value: 16 * one.wall / many.wall, unit: times}
checks:
  - {name: speed-up, value: speed_up, min: 0.75 * cores, max: 1.1 * cores}
  - {name: cores used, value: many.server_cpu, max: 1.5 * cores}
explanation: Because.
`

func parsed(t *testing.T, text string) *Definition {
	t.Helper()
	d, err := Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// synthetic is a result whose rounds have the given speed-ups.
func synthetic(speedUps ...float64) *Result {
	r := &Result{Name: "sample"}
	for _, s := range speedUps {
		r.Rounds = append(r.Rounds, Round{Points: map[string][]Point{
			"one":  {{Load: 1, Wall: 0.05, Valid: true, ServerCPU: 1}},
			"many": {{Load: 16, Wall: 16 * 0.05 / s, Valid: true, ServerCPU: 1, Queue: .3, CPU: .05}},
		}})
	}
	return r
}

func TestVerdicts(t *testing.T) {
	for _, row := range []struct {
		name   string
		rounds []float64
		given  map[string]float64
		spoil  func(r *Result)
		want   Verdict
		reason string
	}{
		{name: "as the theory says", rounds: []float64{.97, .98, .99}, want: Holds},
		{name: "one round has no interval", rounds: []float64{.98}, want: Holds},
		{name: "faster than the cores", rounds: []float64{1.9, 1.95, 2}, want: DoesNotHold, reason: "speed-up: 1.95"},
		{name: "cores assumed double", rounds: []float64{.97, .98, .99}, given: map[string]float64{"cores": 2}, want: DoesNotHold, reason: "wanted 1.5 to 2.2"},
		{name: "noise over a bound", rounds: []float64{.7, 1, 1.2}, want: NotSignificant, reason: "speed-up: 0.9667 ("},
		{name: "a starved generator", rounds: []float64{.98, .98}, spoil: func(r *Result) {
			r.Rounds[1].Points["many"][0].Valid, r.Rounds[1].Points["many"][0].Reasons = false, []string{"lag is 3ms"}
		}, want: Invalid, reason: "round 2, many at 16: lag is 3ms"},
		{name: "invalid though it does not hold", rounds: []float64{1.9}, spoil: func(r *Result) { r.Rounds[0].Points["one"][0].Valid = false }, want: Invalid},
		{name: "nobody watched the server", rounds: []float64{.98}, spoil: func(r *Result) { r.Rounds[0].Points["many"][0].ServerCPU = nan() },
			want: Invalid, reason: "cores used: a value is missing"},
		{name: "a figure over nothing", rounds: []float64{.98}, spoil: func(r *Result) { r.Rounds[0].Points["many"][0].Wall = 0 },
			want: Invalid, reason: "figure speed_up: a value is missing"},
		{name: "a need that is not met", spoil: func(r *Result) { r.Unmet = []string{"cpubound: two cores"} }, want: Invalid, reason: "cpubound: two cores"},
		{name: "interrupted at once", spoil: func(r *Result) { r.Interrupted = true }, want: Incomplete, reason: "interrupted"},
		{name: "interrupted in the second round", rounds: []float64{.98, .98}, spoil: func(r *Result) {
			r.Interrupted = true
			delete(r.Rounds[1].Points, "many")
		}, want: Incomplete, reason: "interrupted"},
		{name: "nothing measured", want: Invalid, reason: "a value is missing"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, err := parsed(t, speedUp).with(Options{Given: row.given})
			if err != nil {
				t.Fatal(err)
			}
			r := synthetic(row.rounds...)
			if row.spoil != nil {
				row.spoil(r)
			}
			d.judge(r)
			if r.Verdict != row.want || !strings.Contains(strings.Join(r.Reasons, "\n"), row.reason) {
				t.Errorf("%s because of %q, want %s because of %q", r.Verdict, r.Reasons, row.want, row.reason)
			}
			written(t, r)
		})
	}
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}

// written holds that every result can be written in each form.
func written(t *testing.T, r *Result) {
	t.Helper()
	var form bytes.Buffer
	r.WriteText(&form)
	if !strings.Contains(form.String(), strings.ToUpper(string(r.Verdict))) {
		t.Errorf("text without the verdict:\n%s", &form)
	}
	form.Reset()
	if err := r.WriteJSON(&form); err != nil {
		t.Error(err)
	}
	var read struct{ Verdict Verdict }
	if err := json.Unmarshal(form.Bytes(), &read); err != nil || read.Verdict != r.Verdict {
		t.Errorf("JSON reads as %q, %v", read.Verdict, err)
	}
	form.Reset()
	r.Title = "<script>alert(1)</script>"
	if err := r.WriteHTML(&form); err != nil {
		t.Error(err)
	}
	if page := form.String(); strings.Contains(page, "<script") || !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the page does not escape the title")
	}
}

// TestInterruptionKeepsWholeRounds has the first round stand for all when the second was cut short.
func TestInterruptionKeepsWholeRounds(t *testing.T) {
	d := parsed(t, speedUp)
	r := synthetic(.98, .98)
	r.Interrupted = true
	delete(r.Rounds[1].Points, "many")
	d.judge(r)
	if r.Verdict != Incomplete || len(r.Figures) != 1 || r.Evidence[0].Verdict != Holds || !strings.Contains(r.Confidence(), "One round") {
		t.Errorf("%s, figures %v, evidence %+v, %s", r.Verdict, r.Figures, r.Evidence[0], r.Confidence())
	}
	none := synthetic(.98)
	none.Interrupted = true
	delete(none.Rounds[0].Points, "many")
	d.judge(none)
	if e := none.Evidence[0]; e.Verdict != Invalid || !math.IsNaN(float64(e.Mean)) || e.Why == "" {
		t.Errorf("nothing measured, but %+v", e)
	}
}

func TestExitCodes(t *testing.T) {
	for verdict, want := range map[Verdict]int{Holds: 0, DoesNotHold: 3, NotSignificant: 3, Invalid: 4, Incomplete: 1} {
		if got := verdict.ExitCode(); got != want {
			t.Errorf("%s exits with %d, want %d", verdict, got, want)
		}
	}
}

// TestEqualRoundsHaveNoWidth: a mean that rounding moved past a bound would not hold.
func TestEqualRoundsHaveNoWidth(t *testing.T) {
	for n := 1; n <= MaxRepeats; n++ {
		for _, v := range []float64{1, 16, 100} {
			values := make([]float64, n)
			for i := range values {
				values[i] = v
			}
			if mean, low, high := interval(values); mean != v || low != v || high != v {
				t.Errorf("%d times %v: %v (%v to %v)", n, v, mean, low, high)
			}
		}
	}
}

func TestUnknownConstantIsRefused(t *testing.T) {
	_, err := parsed(t, speedUp).with(Options{Given: map[string]float64{"cors": 2}})
	if err == nil || !strings.Contains(err.Error(), `no constant "cors"; it has cores`) {
		t.Errorf("error %v", err)
	}
}

// TestInterval is checked by hand: the half width is 2.7764·√(2.5/5).
func TestInterval(t *testing.T) {
	mean, low, high := interval([]float64{1, 2, 3, 4, 5})
	if mean != 3 || low < 1.0366 || low > 1.0369 || high < 4.9631 || high > 4.9634 {
		t.Errorf("%v (%v to %v), want 3 (1.0368 to 4.9632)", mean, low, high)
	}
}
