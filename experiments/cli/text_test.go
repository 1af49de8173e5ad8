package cli_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"loadlab/experiments/catalog"
	"loadlab/experiments/cli"
	"loadlab/experiments/definition"
	"loadlab/experiments/result"
)

// large is a result of d with the widest figures that a run has.
func large(d *definition.Definition) *result.Result {
	high := 1e4
	r := &result.Result{Name: d.Name, Question: d.Question, Verdict: result.NotSignificant, Command: "lab run " + d.Name}
	points := map[string][]result.Point{}
	for _, step := range d.Steps {
		r.Steps = append(r.Steps, result.Described{Name: step.Name})
		points[step.Name] = []result.Point{{Load: 12345, Rate: 98765.4, Goodput: 98765.4, P50: 61.5, P99: 70, CPU: 1, Queue: 1, Valid: true}}
	}
	for range 10 {
		r.Rounds = append(r.Rounds, result.Round{Points: points})
	}
	for _, check := range d.Checks {
		r.Evidence = append(r.Evidence, result.Evidence{Name: check.Name, Mean: 12345.6, Low: 11111.1, High: 22222.2, Max: &high, Verdict: result.NotSignificant})
	}
	return r
}

func text(r *result.Result, how result.Text) string {
	var b bytes.Buffer
	r.WriteText(&b, how)
	return b.String()
}

func TestAResultFitsATerminal(t *testing.T) {
	all, err := catalog.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		r := large(d)
		printed := text(r, result.Text{})
		for line := range strings.Lines(printed) {
			if columns := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); columns > 80 {
				t.Errorf("%s: %d columns: %s", d.Name, columns, line)
			}
		}
		if rows := strings.Count(printed, "10 of 10"); rows != len(d.Steps) {
			t.Errorf("%s: %d lines for %d steps:\n%s", d.Name, rows, len(d.Steps), printed)
		}
		if before, _, _ := strings.Cut(text(r, result.Text{Rounds: true}), "repeat with"); strings.Count(before, "true\n") != 10*len(d.Steps) {
			t.Errorf("%s: not a line for each step of each round", d.Name)
		}
	}
}

func TestMeansOfInterruptedRounds(t *testing.T) {
	points := func(rate float64, valid bool) result.Point { return result.Point{Load: 5, Rate: rate, Valid: valid} }
	r := &result.Result{Name: "brief", Rounds: []result.Round{
		{Points: map[string][]result.Point{"one": {points(10, true)}, "two": {points(7, true)}}},
		{Points: map[string][]result.Point{"one": {points(20, false)}}},
	}}
	printed := text(r, result.Text{})
	for _, want := range []string{"15.0", "1 of 2", "7.0", "1 of 1"} {
		if !strings.Contains(printed, want) {
			t.Errorf("no %q in\n%s", want, printed)
		}
	}
}

func TestAVerdictHasItsColour(t *testing.T) {
	for verdict, want := range map[result.Verdict]string{
		result.Holds: "\x1b[32mHOLDS\x1b[0m", result.DoesNotHold: "\x1b[31mDOES NOT HOLD\x1b[0m", result.Invalid: "\x1b[33mINVALID\x1b[0m",
	} {
		r := &result.Result{Verdict: verdict}
		if printed := text(r, result.Text{Colours: true}); !strings.Contains(printed, want) {
			t.Errorf("%q, want %q", printed, want)
		}
		if printed := text(r, result.Text{}); strings.Contains(printed, "\x1b") {
			t.Errorf("colours without a terminal: %q", printed)
		}
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, out := range []io.Writer{file, io.Discard} {
		if cli.Colours(func(string) string { return "" }, out) {
			t.Errorf("%T is taken for a terminal", out)
		}
	}
}
