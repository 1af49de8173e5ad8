package pace_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/loadgen/pace"
)

func ramp() pace.Profile {
	return pace.Stages(0, []pace.Stage{{Duration: 10 * time.Second, Rate: 100}, {Duration: 5 * time.Second, Rate: 100}, {Duration: 10 * time.Second, Rate: 0}})
}

func TestDueTimes(t *testing.T) {
	for _, row := range []struct {
		name    string
		profile pace.Profile
		request float64
		want    time.Duration
	}{
		{"constant, the first", pace.Constant(100), 0, 0},
		{"constant, 250/100 s", pace.Constant(100), 250, 2500 * time.Millisecond},
		{"ramp up: 5 t^2 = 125 at 5 s", ramp(), 125, 5 * time.Second},
		{"flat: 500 at 10 s, then 100/s", ramp(), 750, 12500 * time.Millisecond},
		{"ramp down: 1000 + 100 t - 5 t^2 = 1375 at 15 + 5 s", ramp(), 1375, 20 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := row.profile.Due(row.request)
			if !ok || (got-row.want).Abs() > time.Microsecond {
				t.Errorf("due %v, %v; want %v", got, ok, row.want)
			}
		})
	}
}

func TestProfilesEnd(t *testing.T) {
	for name, profile := range map[string]pace.Profile{"nothing": {}, "constant 0": pace.Constant(0), "stages": ramp()} {
		if due, ok := profile.Due(1500); ok {
			t.Errorf("%s: request 1500 is due at %v, want never", name, due)
		}
	}
	if d := ramp().Duration(); d != 25*time.Second {
		t.Errorf("stages last %v, want 25s", d)
	}
}

func TestDueIsTheInverseOfExpected(t *testing.T) {
	p := pace.Stages(3, []pace.Stage{{time.Second, 80}, {2 * time.Second, 5}, {time.Second, 5.0001}, {3 * time.Second, 0}})
	for x := 0.0; x < p.Expected(p.Duration())-0.01; x += 0.37 {
		due, ok := p.Due(x)
		if back := p.Expected(due); !ok || math.Abs(back-x) > 1e-5 {
			t.Fatalf("request %v is due at %v, by when %v are", x, due, back)
		}
	}
}

func times(profile pace.Profile, process pace.Process, share, shares, n int) map[uint64]time.Duration {
	a := pace.NewArrivals(profile, pace.Order{Process: process, Seed: 7, Share: share, Shares: shares})
	due := map[uint64]time.Duration{}
	for range n {
		number, at, ok := a.Next()
		if !ok {
			break
		}
		due[number] = at
	}
	return due
}

func TestSharesTogetherAreTheWhole(t *testing.T) {
	for _, process := range []pace.Process{pace.Even, pace.Poisson} {
		whole := times(pace.Constant(50), process, 0, 1, 300)
		seen := 0
		for share := range 3 {
			for n, at := range times(pace.Constant(50), process, share, 3, 100) {
				if seen++; whole[n] != at {
					t.Errorf("%s: request %d is due at %v in its share, %v in the whole", process, n, at, whole[n])
				}
			}
		}
		if seen != 300 {
			t.Errorf("%s: %d requests, want 300", process, seen)
		}
	}
}

// The gaps of a Poisson process are exponential: their mean is 1/rate, as is
// their standard deviation. Of 20,000 gaps both are within 4 % (over 5 standard errors).
func TestPoissonGaps(t *testing.T) {
	const n, rate = 20_000, 100.0
	a := pace.NewArrivals(pace.Constant(rate), pace.Order{Process: pace.Poisson, Seed: 1, Shares: 1})
	var sum, squares float64
	before := time.Duration(0)
	for range n {
		_, at, _ := a.Next()
		gap := (at - before).Seconds()
		before = at
		sum += gap
		squares += gap * gap
	}
	mean := sum / n
	deviation := math.Sqrt(squares/n - mean*mean)
	if math.Abs(mean*rate-1) > .04 || math.Abs(deviation*rate-1) > .04 {
		t.Errorf("mean gap %v s, deviation %v s; want 0.01, 0.01", mean, deviation)
	}
}

func TestSkipLeavesOutTheBegin(t *testing.T) {
	a := pace.NewArrivals(pace.Constant(10), pace.Order{Process: pace.Even, Skip: 4.2, Shares: 1})
	if _, at, _ := a.Next(); at != 500*time.Millisecond {
		t.Errorf("the first request is due at %v, want 500ms", at)
	}
}

func TestParseStages(t *testing.T) {
	got, err := pace.ParseStages("30s:100, 2m:500,1s:0")
	want := []pace.Stage{{30 * time.Second, 100}, {2 * time.Minute, 500}, {time.Second, 0}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestParseStagesNamesEveryProblem(t *testing.T) {
	_, err := pace.ParseStages("30s,x:1,1s:-1,1s:NaN,0s:1,+2s:1,3s:0x10,4s:1e3")
	for _, want := range []string{`"30s" is not duration:rate`, `"x:1": the duration`, `"1s:-1": the rate`, `"1s:NaN": the rate`, `"0s:1": the duration`,
		`"+2s:1": the duration`, `"3s:0x10": the rate`, `"4s:1e3": the rate`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %s", err, want)
		}
	}
}

func FuzzParseStages(f *testing.F) {
	for _, seed := range []string{"30s:100", "30s:100,2m:500,30s:0", "1ns:1e6", "1h:0.5", ":", ",,", "1s:+Inf"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stages, err := pace.ParseStages(text)
		if err != nil {
			return
		}
		p := pace.Stages(0, stages)
		before := time.Duration(0)
		for i := range 20 {
			due, ok := p.Due(p.Expected(p.Duration()) * float64(i) / 20)
			if ok && (due < before || due > p.Duration()+time.Microsecond) {
				t.Fatalf("%q: request due at %v after one at %v, of %v", text, due, before, p.Duration())
			}
			if ok {
				before = due
			}
		}
	})
}
