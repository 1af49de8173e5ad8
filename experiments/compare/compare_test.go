package compare

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"loadlab/experiments/result"
)

func scattered(random *rand.Rand, n int, mean, deviation float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = mean + deviation*random.NormFloat64()
	}
	return values
}

// noisy is a result of the sample experiment whose rounds vary about the speed-up.
func noisy(t *testing.T, rounds int, mean, noise float64, seed uint64) *result.Result {
	t.Helper()
	speedUps := result.MeasuredOf(scattered(rand.New(rand.NewPCG(seed, 31)), rounds, mean, noise))
	r := &result.Result{
		Schema: result.Schema, ID: fmt.Sprint(seed), Name: "sample", Machine: result.Machine{OS: "linux", Arch: "amd64", Cores: 2, Go: "go1.26"},
		Given: map[string]float64{"cores": 1}, Verdict: result.Holds,
		Evidence: []result.Evidence{{Name: "speed-up", Mean: speedUps.Mean, Low: speedUps.Low, High: speedUps.High, Rounds: speedUps.Rounds}},
	}
	for _, s := range speedUps.Rounds {
		r.Rounds = append(r.Rounds, result.Round{Points: map[string][]result.Point{
			"one":  {{Load: 1, Wall: 0.05, Valid: true, ServerCPU: 1}},
			"many": {{Load: 16, Wall: 16 * 0.05 / float64(s), Valid: true, ServerCPU: 1, Queue: .3, CPU: .05}},
		}})
	}
	speedUps.Name, speedUps.Unit = "speed_up", "times"
	r.Figures = []result.Measured{speedUps}
	return r
}

func TestCompare(t *testing.T) {
	for _, row := range []struct {
		name    string
		a, b    *result.Result
		change  func(a, b *result.Result)
		finding string // of the figure
		answer  string
		note    string
	}{
		{name: "a real difference", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .95, .01, 2), finding: Higher, answer: " differences exceed the noise."},
		{name: "the other way", a: noisy(t, 5, .95, .01, 1), b: noisy(t, 5, .8, .01, 2), finding: Lower, answer: " differences exceed the noise."},
		{name: "noise alone", a: noisy(t, 5, .9, .05, 1), b: noisy(t, 5, .9, .05, 2), finding: NoneFound, answer: "Not significant: none of"},
		{name: "one round", a: noisy(t, 1, .8, .01, 1), b: noisy(t, 5, .95, .01, 2), finding: TooFew, answer: "too few rounds to tell", note: "rounds: 1 with 5"},
		{name: "the same run", a: noisy(t, 3, .8, 0, 1), b: noisy(t, 3, .8, 0, 1), finding: Same, answer: "Not significant", note: "the same run"},
		{name: "another machine and constant", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(a, b *result.Result) {
			b.Machine.Cores, b.Given = 8, map[string]float64{"cores": 2}
		}, finding: NoneFound, answer: "Not significant", note: "the machine: linux/amd64, 2 cores, go1.26 with linux/amd64, 8 cores, go1.26; given cores: 1 with 2"},
		{name: "another setting", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(_, b *result.Result) {
			b.Settings = map[string]map[string]string{"cpubound": {"GOMAXPROCS": "2"}}
		}, finding: NoneFound, answer: "Not significant", note: `setting GOMAXPROCS of cpubound: "" with "2"`},
		{name: "an invalid one", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(a, _ *result.Result) { a.Verdict = result.Invalid },
			finding: NoneFound, answer: "Not significant", note: "A is invalid"},
		{name: "an incomplete one", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(_, b *result.Result) { b.Interrupted = true },
			finding: NoneFound, answer: "Not significant", note: "B is incomplete"},
		{name: "a figure that only one has", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(_, b *result.Result) { b.Figures = nil },
			finding: OnlyOne, answer: "Not significant"},
		{name: "a load that only one has", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(_, b *result.Result) {
			for i := range b.Rounds {
				b.Rounds[i].Points["many"][0].Load = 32
			}
		}, finding: NoneFound, answer: "Not significant", note: "only A has many at 16; only B has many at 32"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.change != nil {
				row.change(row.a, row.b)
			}
			c, err := Results(row.a, row.b)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Figures[0].Finding; got != row.finding || !strings.Contains(c.Answer(), row.answer) {
				t.Errorf("%s: %s; want %s: %s", got, c.Answer(), row.finding, row.answer)
			}
			if got := strings.Join(c.Notes, "; "); !strings.Contains(got, row.note) {
				t.Errorf("notes %q lack %q", got, row.note)
			}
			shown(t, c)
		})
	}
}

// shown checks that the text says what the comparison has found.
func shown(t *testing.T, c *Comparison) {
	t.Helper()
	var text bytes.Buffer
	c.WriteText(&text)
	for _, want := range append([]string{c.Answer(), c.Figures[0].Finding, "B against A"}, c.Notes...) {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, &text)
		}
	}
	if strings.Contains(text.String(), "NaN") {
		t.Error("a value that is missing is shown as NaN")
	}
}

// TestFalseFindingsAreRare compares runs that differ by noise alone.
func TestFalseFindingsAreRare(t *testing.T) {
	const seeds = 1000
	found := 0
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 33))
		d := differ("x", "", scattered(random, 5, 10, 1), scattered(random, 5, 10, 1))
		if d.Significant() {
			found++
		}
	}
	if found > seeds*7/100 {
		t.Errorf("%d of %d differences of noise are called significant, want about 5 %%", found, seeds)
	}
}

func TestResultsThatCannotBeCompared(t *testing.T) {
	other := noisy(t, 2, 1, .1, 1)
	other.Name = "another"
	for name, pair := range map[string][2]*result.Result{
		"results of different experiments, sample with another": {noisy(t, 2, 1, .1, 1), other},
		"neither result has anything measured":                  {{Name: "sample"}, {Name: "sample"}},
	} {
		if _, err := Results(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}
