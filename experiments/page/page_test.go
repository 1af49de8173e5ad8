package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"loadlab/experiments/compare"
	"loadlab/experiments/result"
)

// recorded is a result that the lab has measured.
func recorded(t *testing.T, name string) *result.Result {
	t.Helper()
	file, err := os.Open(filepath.Join("../result/testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := result.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func pageOf(t *testing.T, r *result.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageHasEverything(t *testing.T) {
	page := pageOf(t, recorded(t, "cpu-saturation"))
	for what, part := range map[string]string{
		"the question":          "Where is the knee of CPU-bound work, and what is past it?",
		"the answer":            "No answer, the measurement is invalid: round 2, sweep at 32",
		"a label with a unit":   "throughput, requests/s</text>",
		"an interval":           `class="interval"`,
		"the theory":            `class="theory"`,
		"a check":               "CPU time of a request does not grow",
		"its expression":        "sweep[5].cpu / sweep[0].cpu",
		"a part of the time":    `<rect class="queue" x=`,
		"the colour of wait":    ".wait { fill: light-dark(#3274D9, #5794F2); }",
		"the colour of cpu":     ".cpu { fill: light-dark(#E55400, #FA6400); }",
		"the colour of queue":   ".queue { fill: light-dark(#E02F44, #F2495C); }",
		"the colour of lag":     ".lag { fill: #B8860B; }",
		"the colour of blocked": ".blocked { fill: light-dark(#C4162A, #E02F44); }",
		"the colour of entry":   ".entry { fill: light-dark(#F2495C, #FF7383); }",
		"that of unattributed":  ".unattributed { fill: #708090; }",
		"the colour of connect": ".connect { fill: #6B8E23; }",
		"the colour of network": ".network { fill: light-dark(#37872D, #56A64B); }",
		"the machine":           "linux/amd64, 2 cores",
		"a step":                "closed loop with 1, 2, 4, 8, 16, 32 in flight; 3s each; of which 500ms warm-up",
		"a setting":             "GOMAXPROCS=1",
		"the command":           "lab run --seed 1 cpu-saturation",
		"the explanation":       "<p>One core gives one second of CPU time a second.",
		"what intervals are":    "95 % intervals of the mean over 3 rounds",
		"a dark form":           "color-scheme: light dark",
		"a printed form":        "@media print",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s: %s", what, part)
		}
	}
}

// TestPageStandsAlone checks that the page loads nothing and runs nothing.
func TestPageStandsAlone(t *testing.T) {
	for _, name := range []string{"cpu-saturation", "tutorial-io"} {
		r := recorded(t, name)
		r.Evidence[0].Name, r.Command = `</td><script>alert(1)</script>`, `" onload="alert(1)`
		page := pageOf(t, r)
		for _, never := range []string{"<script", "<link", "<img", "<iframe", "href=", "src=", "url(", "@import", `" onload="`} {
			if strings.Contains(page, never) {
				t.Errorf("the page of %s has %s", name, never)
			}
		}
	}
}

// TestPicturesAreWellFormed reads every picture as XML, and checks that no coordinate is missing.
func TestPicturesAreWellFormed(t *testing.T) {
	empty := recorded(t, "tutorial-io")
	empty.Rounds, empty.Evidence = nil, nil
	odd := recorded(t, "cpu-saturation")
	odd.Plot.Points[0].Y, odd.Plot.Points[1].High, odd.Plot.Theory[3].Y = result.Number(math.NaN()), result.Number(math.Inf(1)), result.Number(math.NaN())
	odd.Evidence[0].Low = result.Number(math.NaN())
	for name, r := range map[string]*result.Result{"a sweep": recorded(t, "cpu-saturation"), "batches": recorded(t, "tutorial-io"), "nothing": empty, "gaps": odd} {
		t.Run(name, func(t *testing.T) {
			for _, picture := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(pageOf(t, r), -1) {
				if strings.Contains(picture, "NaN") || strings.Contains(picture, "Inf") {
					t.Errorf("a coordinate is no number: %s", picture)
				}
				decoder := xml.NewDecoder(strings.NewReader(picture))
				for {
					if _, err := decoder.Token(); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						t.Fatalf("%v in %s", err, picture)
					}
				}
			}
		})
	}
}

// TestPageOfAComparison checks that the page shows what the comparison has found.
func TestPageOfAComparison(t *testing.T) {
	a, b := recorded(t, "tutorial-io"), recorded(t, "tutorial-io")
	for i := range b.Figures {
		for round := range b.Figures[i].Rounds {
			b.Figures[i].Rounds[round] *= 2
		}
	}
	b.ID, b.Settings = "another", map[string]map[string]string{"iobound": {"GOMAXPROCS": "2"}}
	c, err := compare.Results(a, b)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := WriteComparison(&page, c); err != nil {
		t.Fatal(err)
	}
	for _, want := range append([]string{c.Answer(), c.Figures[0].Finding, `setting GOMAXPROCS of iobound: "" with "2"`}, c.Notes...) {
		if escaped := strings.ReplaceAll(want, `"`, "&#34;"); !strings.Contains(page.String(), escaped) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.String(), "NaN") {
		t.Error("a value that is missing is shown as NaN")
	}
}

func TestTicks(t *testing.T) {
	for limit, want := range map[float64]float64{1: .2, 7: 1, 10: 2, 35: 5, 100: 20, 0.03: .005, 2000: 500, 0: 1} {
		if got := ticks(limit); math.Abs(got-want) > 1e-12 {
			t.Errorf("to %g in steps of %g, want %g", limit, got, want)
		}
	}
}
