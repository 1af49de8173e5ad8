package faultkind_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"loadlab/internal/web/faultkind"
	"loadlab/internal/web/input"
)

// read reads a fault that must be valid.
func read(t *testing.T, query string) faultkind.Spec {
	t.Helper()
	in := input.New(httptest.NewRequest(http.MethodPut, "/fault?"+query, http.NoBody), nil)
	spec := faultkind.Read(in, nil)
	if err := in.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return spec
}

func decisions(spec faultkind.Spec, n int) []faultkind.Decision {
	sequence := faultkind.NewSequence(spec)
	all := make([]faultkind.Decision, n)
	for i := range all {
		all[i] = sequence.Next()
	}
	return all
}

func TestTheSeedFixesTheSequence(t *testing.T) {
	for _, query := range []string{
		"kind=errors&value=0.5&statuses=500,503", "kind=drop&value=0.5", "kind=reset&value=0.5",
		"kind=slow_body&value=10&share=0.5", "kind=truncate&value=10&share=0.5",
		"kind=latency&value=1&share=0.5", "kind=latency&distribution=uniform&max=10", "kind=latency&distribution=normal&value=10&deviation=5",
		"kind=latency&distribution=lognormal&value=10&deviation=5", "kind=latency&distribution=exponential&value=10",
		"kind=latency&distribution=pareto&value=10&shape=2",
	} {
		once, again := decisions(read(t, query+"&seed=7"), 200), decisions(read(t, query+"&seed=7"), 200)
		other := decisions(read(t, query+"&seed=8"), 200)
		if !slices.Equal(once, again) {
			t.Errorf("%s: two sequences of one seed differ", query)
		}
		if slices.Equal(once, other) {
			t.Errorf("%s: two seeds have one sequence", query)
		}
	}
}

// A fault without a given seed has one nevertheless, so that it can be repeated.
func TestASeedIsChosen(t *testing.T) {
	spec := read(t, "kind=drop&value=0.5")
	if spec.Seed == nil {
		t.Fatal("there is no seed")
	}
	if again := read(t, "kind=drop&value=0.5"); *again.Seed == *spec.Seed {
		t.Errorf("two faults have the seed %d", *spec.Seed)
	}
}

func TestSharesAreKept(t *testing.T) {
	const n = 20_000
	for query, want := range map[string]float64{
		"kind=errors&value=0.3&seed=1": 0.3, "kind=drop&value=0.3&seed=1": 0.3, "kind=reset&value=1&seed=1": 1,
		"kind=latency&value=1&share=0.3&seed=1": 0.3, "kind=truncate&value=1&seed=1": 1, "kind=slow_body&value=1&share=0&seed=1": 0,
	} {
		hits := 0.0
		for _, d := range decisions(read(t, query), n) {
			if d.Hit {
				hits++
			}
		}
		if got := hits / n; math.Abs(got-want) > 0.02 || want == 1 && got != 1 || want == 0 && got != 0 {
			t.Errorf("%s: a share of %v, want %v", query, got, want)
		}
	}
}

func TestEveryStatusIsDrawn(t *testing.T) {
	seen := map[int]int{}
	for _, d := range decisions(read(t, "kind=errors&value=1&statuses=500,503,429&seed=1"), 3000) {
		seen[d.Status]++
	}
	if len(seen) != 3 || seen[500] < 800 || seen[503] < 800 || seen[429] < 800 {
		t.Errorf("statuses %v", seen)
	}
}

// The moments and quantiles are those of the distributions, in milliseconds.
func TestDistributions(t *testing.T) {
	const n = 50_000
	for _, row := range []struct {
		query           string
		mean, deviation float64 // 0 is not checked
		median          float64
		low, high       float64
	}{
		{"value=20", 20, 0, 20, 20, 20},
		{"distribution=uniform&min=10&max=30", 20, 5.77, 20, 10, 30},
		{"distribution=normal&value=100&deviation=10", 100, 10, 100, 40, 160},
		{"distribution=normal&value=10&deviation=10&min=5&max=15", 0, 0, 10, 5, 15},
		{"distribution=lognormal&value=100&deviation=50", 100, 50, 89.4, 1, 5000},
		{"distribution=exponential&value=50", 50, 50, 34.7, 0, 2000},
		{"distribution=exponential&value=50&max=60", 0, 0, 34.7, 0, 60},
		{"distribution=pareto&value=10&shape=3", 15, 0, 12.6, 10, 60_000},
		{"distribution=pareto&value=10&shape=0.5&max=200", 0, 0, 40, 10, 200},
	} {
		all := make([]float64, 0, n)
		sum, squares := 0.0, 0.0
		for _, d := range decisions(read(t, "kind=latency&seed=3&"+row.query), n) {
			ms := float64(d.Delay) / float64(time.Millisecond)
			all = append(all, ms)
			sum += ms
			squares += ms * ms
		}
		slices.Sort(all)
		mean := sum / n
		deviation := math.Sqrt(max(0, squares/n-mean*mean))
		near := func(what string, got, want float64) {
			if want != 0 && math.Abs(got/want-1) > 0.04 {
				t.Errorf("%s: %s %.2f, want %.2f", row.query, what, got, want)
			}
		}
		near("mean", mean, row.mean)
		near("deviation", deviation, row.deviation)
		near("median", all[n/2], row.median)
		if all[0] < row.low || all[n-1] > row.high {
			t.Errorf("%s: from %.2f to %.2f, want %v to %v", row.query, all[0], all[n-1], row.low, row.high)
		}
	}
}

func TestBurstsAlternate(t *testing.T) {
	spec := read(t, "kind=errors&value=1&on=2s&off=3s")
	for elapsed, want := range map[time.Duration]bool{
		0: true, 1999 * time.Millisecond: true, 2 * time.Second: false, 4999 * time.Millisecond: false, 5 * time.Second: true, 7 * time.Second: false,
	} {
		if spec.ActsAt(elapsed) != want {
			t.Errorf("after %v it acts: %t", elapsed, !want)
		}
	}
	if steady := read(t, "kind=errors&value=1"); !steady.ActsAt(time.Hour) {
		t.Error("a fault without bursts does not act all the time")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("kind=latency&distribution=pareto&value=10&shape=2&max=20&seed=1")
	f.Add("kind=errors&value=0.5&statuses=500,503&on=1s&off=1s")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		in := input.FromPreset(values)
		spec := faultkind.Read(in, nil)
		if in.Err() != nil {
			return
		}
		for _, d := range decisions(spec, 10) {
			if d.Delay < 0 || d.Delay > time.Minute || d.Hit && spec.Kind == faultkind.Errors && !slices.Contains(faultkind.Statuses(), d.Status) {
				t.Errorf("%q: decision %+v", query, d)
			}
		}
	})
}
