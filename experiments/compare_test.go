package experiments

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// noisy is a result of the sample experiment whose rounds vary about the speed-up.
func noisy(t *testing.T, rounds int, mean, noise float64, seed uint64) *Result {
	t.Helper()
	r := synthetic(normal(rand.New(rand.NewPCG(seed, 31)), rounds, mean, noise)...)
	r.Schema, r.ID, r.Machine = Schema, fmt.Sprint(seed), Machine{OS: "linux", Arch: "amd64", Cores: 2, Go: "go1.26"}
	d, err := parsed(t, speedUp).with(Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.Given = d.Given
	d.judge(r)
	return r
}

func TestCompare(t *testing.T) {
	for _, row := range []struct {
		name    string
		a, b    *Result
		change  func(a, b *Result)
		finding string // of the figure
		answer  string
		note    string
	}{
		{name: "a real difference", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .95, .01, 2), finding: Higher, answer: " differences exceed the noise."},
		{name: "the other way", a: noisy(t, 5, .95, .01, 1), b: noisy(t, 5, .8, .01, 2), finding: Lower, answer: " differences exceed the noise."},
		{name: "noise alone", a: noisy(t, 5, .9, .05, 1), b: noisy(t, 5, .9, .05, 2), finding: NoneFound, answer: "Not significant: none of"},
		{name: "one round", a: noisy(t, 1, .8, .01, 1), b: noisy(t, 5, .95, .01, 2), finding: TooFew, answer: "too few rounds to tell", note: "rounds: 1 with 5"},
		{name: "the same run", a: noisy(t, 3, .8, 0, 1), b: noisy(t, 3, .8, 0, 1), finding: Same, answer: "Not significant", note: "the same run"},
		{name: "another machine and constant", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(a, b *Result) {
			b.Machine.Cores, b.Given = 8, map[string]float64{"cores": 2}
		}, finding: NoneFound, answer: "Not significant", note: "the machine: linux/amd64, 2 cores, go1.26 with linux/amd64, 8 cores, go1.26; given cores: 1 with 2"},
		{name: "another setting", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(_, b *Result) {
			b.Settings = map[string]map[string]string{"cpubound": {"GOMAXPROCS": "2"}}
		}, finding: NoneFound, answer: "Not significant", note: `setting GOMAXPROCS of cpubound: "" with "2"`},
		{name: "an invalid one", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(a, _ *Result) { a.Verdict = Invalid },
			finding: NoneFound, answer: "Not significant", note: "A is invalid"},
		{name: "an incomplete one", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(_, b *Result) { b.Interrupted = true },
			finding: NoneFound, answer: "Not significant", note: "B is incomplete"},
		{name: "a figure that only one has", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(_, b *Result) { b.Figures = nil },
			finding: OnlyOne, answer: "Not significant"},
		{name: "a load that only one has", a: noisy(t, 5, .8, .01, 1), b: noisy(t, 5, .8, .01, 2), change: func(_, b *Result) {
			for i := range b.Rounds {
				b.Rounds[i].Points["many"][0].Load = 32
			}
		}, finding: NoneFound, answer: "Not significant", note: "only A has many at 16; only B has many at 32"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.change != nil {
				row.change(row.a, row.b)
			}
			c, err := Compare(row.a, row.b)
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

// shown holds that both forms tell what the comparison has found.
func shown(t *testing.T, c *Comparison) {
	t.Helper()
	var text, page bytes.Buffer
	c.WriteText(&text)
	if err := c.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range append([]string{c.Answer(), c.Figures[0].Finding, "B against A"}, c.Notes...) {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, &text)
		}
		if escaped := strings.ReplaceAll(want, `"`, "&#34;"); !strings.Contains(page.String(), escaped) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text.String()+page.String(), "NaN") {
		t.Error("a value that is missing is shown as NaN")
	}
}

// TestFalseFindingsAreRare compares runs that differ by noise alone.
func TestFalseFindingsAreRare(t *testing.T) {
	const seeds = 1000
	found := 0
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 33))
		d := differ("x", "", normal(random, 5, 10, 1), normal(random, 5, 10, 1))
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
	for name, pair := range map[string][2]*Result{
		"results of different experiments, sample with another": {noisy(t, 2, 1, .1, 1), other},
		"neither result has anything measured":                  {{Name: "sample"}, {Name: "sample"}},
	} {
		if _, err := Compare(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
	for name, row := range map[string]struct{ text, want string }{
		"empty":           {"", "no JSON of an experiment"},
		"another program": {`{"version": 1}`, "no result of an experiment"},
		"a later version": {`{"schema": 99, "name": "x"}`, "version 99 of the schema, not 1"},
		"a wrong type":    {`{"schema": 1, "name": "x", "rounds": 3}`, "read result"},
		"cut off":         {`{"schema": 1, "name": "x", "rounds": [`, "no JSON of an experiment"},
		"a wrong number":  {`{"schema": 1, "name": "x", "figures": [{"mean": "much"}]}`, `is no number`},
		"endless":         {strings.Repeat(" ", maxResult+1), "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ReadResult(strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}

func FuzzReadResult(f *testing.F) {
	f.Add(`{"schema":1,"name":"x","rounds":[{"points":{"a":[{"load":1,"server_cpu":null}]}}],"figures":[{"name":"y","mean":null,"rounds":[1,2]}]}`)
	f.Add(`{"schema":1,"name":"x","plot":{"points":[{"x":1e308,"y":null,"low":-1,"high":2}],"theory":[{"x":0,"y":null}]},"evidence":[{"mean":1,"low":0,"high":1e300,"min":-1e300}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ReadResult(strings.NewReader(text))
		if err != nil {
			return
		}
		var page bytes.Buffer
		if err := r.WriteHTML(&page); err != nil {
			t.Fatal(err)
		}
		if c, err := Compare(r, r); err == nil {
			c.WriteText(&page)
			if err := c.WriteHTML(&page); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestReadable(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1234567: "1234567", 12.3456: "12.35", -1234.5: "-1234", 0.00012345: "0.0001234", math.Inf(1): "+Inf"} {
		if got := readable(v); got != want {
			t.Errorf("%g is written %s, want %s", v, got, want)
		}
	}
}
