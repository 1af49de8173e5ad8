package page

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for name, row := range map[string]struct {
		values []float64
		want   float64
	}{
		"one":  {[]float64{3}, 3},
		"odd":  {[]float64{9, 1, 5}, 5},
		"even": {[]float64{4, 1, 2, 9}, 3},
	} {
		if got := Median(row.values); got != row.want {
			t.Errorf("%s: median %v, want %v", name, got, row.want)
		}
	}
	if got := Median([]float64{}); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v, want NaN", got)
	}
}

func TestNumber(t *testing.T) {
	for want, value := range map[string]float64{"–": math.NaN(), "0.00": 0, "0.021": .0213, "0.10": .1, "2.54": 2.54, "11.6": 11.6, "77836": 77836.4} {
		if got := Number(value); got != want {
			t.Errorf("%v is written %s, want %s", value, got, want)
		}
	}
}

func TestRange(t *testing.T) {
	if got := Range([]float64{2, 300, .05}); got != "0.050 … 300" {
		t.Errorf("the range is %s", got)
	}
	if got := Range(nil); got != "–" {
		t.Errorf("the range of nothing is %s", got)
	}
}

func TestPublishReplacesWhatIsBetweenTheMarks(t *testing.T) {
	const begin, end = "<!-- begin of what make bench-x writes -->\n", "<!-- end of what make bench-x writes -->\n"
	path := filepath.Join(t.TempDir(), "page.md")
	for text, want := range map[string]string{
		"before\n" + begin + "old\n" + end + "after\n": "before\n" + begin + "new\n" + end + "after\n",
		"no marks\n":       "",
		begin + "no end\n": "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var printed strings.Builder
		err := Publish(&printed, path, "make bench-x", "new\n")
		if printed.String() != "new\n" {
			t.Errorf("printed %q", printed.String())
		}
		got, readErr := os.ReadFile(path)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if want == "" && (err == nil || string(got) != text) || want != "" && (err != nil || string(got) != want) {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
	if err := Publish(io.Discard, "", "make bench-x", "new\n"); err != nil {
		t.Errorf("without a page: %v", err)
	}
}
