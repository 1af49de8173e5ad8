package judge

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"strings"
	"testing"

	"loadlab/experiments/definition"
	"loadlab/experiments/page"
	"loadlab/experiments/result"
)

// TestABoundThatIsMeasured has a bound that moves with the value: the noise that
// both share does not count.
func TestABoundThatIsMeasured(t *testing.T) {
	values, bounds := []float64{10, 20, 30}, []float64{9, 18.5, 29}
	var e result.Evidence
	decide(&e, values, bounds, nil)
	if e.Verdict != result.Holds {
		t.Errorf("%s, although every round is above its bound by about 1", e.Verdict)
	}
	decide(&e, bounds, values, nil)
	if e.Verdict != result.DoesNotHold {
		t.Errorf("%s, although every round is below its bound by about 1", e.Verdict)
	}
}

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

func parsed(t *testing.T, text string) *definition.Definition {
	t.Helper()
	d, err := definition.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// synthetic is a result whose rounds have the given speed-ups.
func synthetic(speedUps ...float64) *result.Result {
	r := &result.Result{Name: "sample"}
	for _, s := range speedUps {
		r.Rounds = append(r.Rounds, result.Round{Points: map[string][]result.Point{
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
		spoil  func(r *result.Result)
		want   result.Verdict
		reason string
	}{
		{name: "as the theory says", rounds: []float64{.97, .98, .99}, want: result.Holds},
		{name: "one round has no interval", rounds: []float64{.98}, want: result.Holds},
		{name: "faster than the cores", rounds: []float64{1.9, 1.95, 2}, want: result.DoesNotHold, reason: "speed-up: 1.95"},
		{name: "cores assumed double", rounds: []float64{.97, .98, .99}, given: map[string]float64{"cores": 2}, want: result.DoesNotHold, reason: "wanted 1.5 to 2.2"},
		{name: "noise over a bound", rounds: []float64{.7, 1, 1.2}, want: result.NotSignificant, reason: "speed-up: 0.9667 ("},
		{name: "a starved generator", rounds: []float64{.98, .98}, spoil: func(r *result.Result) {
			r.Rounds[1].Points["many"][0].Valid, r.Rounds[1].Points["many"][0].Reasons = false, []string{"lag is 3ms"}
		}, want: result.Invalid, reason: "round 2, many at 16: lag is 3ms"},
		{name: "invalid though it does not hold", rounds: []float64{1.9}, spoil: func(r *result.Result) { r.Rounds[0].Points["one"][0].Valid = false }, want: result.Invalid},
		{name: "the server was not watched", rounds: []float64{.98}, spoil: func(r *result.Result) { r.Rounds[0].Points["many"][0].ServerCPU = nan() },
			want: result.Invalid, reason: "cores used: a value is missing"},
		{name: "a figure over nothing", rounds: []float64{.98}, spoil: func(r *result.Result) { r.Rounds[0].Points["many"][0].Wall = 0 },
			want: result.Invalid, reason: "figure speed_up: a value is missing"},
		{name: "a need that is not met", spoil: func(r *result.Result) { r.Unmet = []string{"cpubound: two cores"} }, want: result.Invalid, reason: "cpubound: two cores"},
		{name: "interrupted at once", spoil: func(r *result.Result) { r.Interrupted = true }, want: result.Incomplete, reason: "interrupted"},
		{name: "interrupted in the second round", rounds: []float64{.98, .98}, spoil: func(r *result.Result) {
			r.Interrupted = true
			delete(r.Rounds[1].Points, "many")
		}, want: result.Incomplete, reason: "interrupted"},
		{name: "nothing measured", want: result.Invalid, reason: "a value is missing"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := parsed(t, speedUp)
			maps.Copy(d.Given, row.given)
			r := synthetic(row.rounds...)
			if row.spoil != nil {
				row.spoil(r)
			}
			Result(d, r)
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

// written checks that every result can be written in each form.
func written(t *testing.T, r *result.Result) {
	t.Helper()
	var form bytes.Buffer
	r.WriteText(&form, result.Text{Rounds: true})
	if !strings.Contains(form.String(), strings.ToUpper(string(r.Verdict))) {
		t.Errorf("text without the verdict:\n%s", &form)
	}
	form.Reset()
	if err := r.WriteJSON(&form); err != nil {
		t.Error(err)
	}
	var read struct{ Verdict result.Verdict }
	if err := json.Unmarshal(form.Bytes(), &read); err != nil || read.Verdict != r.Verdict {
		t.Errorf("JSON reads as %q, %v", read.Verdict, err)
	}
	form.Reset()
	r.Title = "<script>alert(1)</script>"
	if err := page.Write(&form, r); err != nil {
		t.Error(err)
	}
	if page := form.String(); strings.Contains(page, "<script") || !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the page does not escape the title")
	}
}

// TestInterruptionKeepsWholeRounds judges by the first round alone when the second was cut short.
func TestInterruptionKeepsWholeRounds(t *testing.T) {
	d := parsed(t, speedUp)
	r := synthetic(.98, .98)
	r.Interrupted = true
	delete(r.Rounds[1].Points, "many")
	Result(d, r)
	if r.Verdict != result.Incomplete || len(r.Figures) != 1 || r.Evidence[0].Verdict != result.Holds || !strings.Contains(r.Confidence(), "One round") {
		t.Errorf("%s, figures %v, evidence %+v, %s", r.Verdict, r.Figures, r.Evidence[0], r.Confidence())
	}
	none := synthetic(.98)
	none.Interrupted = true
	delete(none.Rounds[0].Points, "many")
	Result(d, none)
	if e := none.Evidence[0]; e.Verdict != result.Invalid || !math.IsNaN(float64(e.Mean)) || e.Why == "" {
		t.Errorf("nothing measured, but %+v", e)
	}
}
