package compare

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// run is a report of n requests, whose times are log-normal around a median, of which some failed.
func run(seed uint64, n int, median time.Duration, failed uint64) *report.Report {
	random := rand.New(rand.NewPCG(seed, 7))
	h := record.NewHDR()
	for range n {
		_ = h.RecordValue(int64(float64(median) * math.Exp(.3*random.NormFloat64())))
	}
	times, none := report.NewTimes(h, 0), report.NewTimes(record.NewHDR(), 0)
	return &report.Report{
		Loop: "open", OfferedRate: 100, Completed: uint64(n) + failed, Scheduled: uint64(n) + failed, Validity: report.Validity{Valid: true},
		ResponseOK: times, Response: times, Service: times, Lag: none,
		Targets: []report.Target{{Name: "GET /", Outcomes: map[string]uint64{"ok": uint64(n)}, Response: times, Service: times}},
	}
}

func judged(t *testing.T, baseline, now *report.Report, tolerance Tolerance) map[string]Difference {
	t.Helper()
	r, err := Reports(baseline, now, tolerance)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Difference{}
	for _, d := range r.Differences {
		found[d.Name] = d
	}
	return found
}

func TestFindings(t *testing.T) {
	const ms = time.Millisecond
	for _, row := range []struct {
		name          string
		baseline, now *report.Report
		figure        string
		want          Finding
	}{
		{"same", run(1, 10_000, 50*ms, 0), run(2, 10_000, 50*ms, 0), "p50", Same},
		{"slower within the tolerance", run(1, 10_000, 50*ms, 0), run(2, 10_000, 51*ms, 0), "p50", Same},
		{"slower", run(1, 10_000, 50*ms, 0), run(2, 10_000, 55*ms, 0), "p50", Worse},
		{"slower tail", run(1, 10_000, 50*ms, 0), run(2, 10_000, 60*ms, 0), "p99", Worse},
		{"faster", run(1, 10_000, 50*ms, 0), run(2, 10_000, 40*ms, 0), "p90", Better},
		{"few requests", run(1, 60, 50*ms, 0), run(2, 60, 55*ms, 0), "p50", Unclear},
		{"too few requests for the tail", run(1, 900, 50*ms, 0), run(2, 900, 90*ms, 0), "p99", TooFew},
		{"failures", run(1, 5000, 50*ms, 0), run(2, 5000, 50*ms, 100), "failed", Worse},
		{"a failure", run(1, 5000, 50*ms, 0), run(2, 5000, 50*ms, 1), "failed", Unclear},
		{"no failures", run(1, 10_000, 50*ms, 0), run(2, 10_000, 50*ms, 0), "failed", Same},
		{"fewer failures", run(1, 5000, 50*ms, 100), run(2, 5000, 50*ms, 0), "failed", Better},
		{"no requests", run(1, 0, 50*ms, 0), run(2, 5000, 50*ms, 0), "failed", TooFew},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := judged(t, row.baseline, row.now, Default())[row.figure]
			if d.Finding != row.want || row.want != TooFew && (d.Low > d.Change || d.Change > d.High) {
				t.Errorf("%+v, want %s", d, row.want)
			}
		})
	}
}

// Two runs of the same distribution are seldom found to differ, even without a tolerance: all intervals together
// hold in 95 of 100 pairs. The seeds are fixed, so the test has one result.
func TestNoiseIsSeldomADifference(t *testing.T) {
	const pairs = 20
	wrong := 0
	for i := range uint64(pairs) {
		r, err := Reports(run(2*i, 1500, time.Millisecond, 20), run(2*i+1, 1500, time.Millisecond, 20), Tolerance{})
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(r.Differences, func(d Difference) bool { return d.Finding == Worse || d.Finding == Better }) {
			wrong++
		}
	}
	if wrong > pairs/10 {
		t.Errorf("%d of %d pairs differ, want about 1", wrong, pairs)
	}
}

// The exact distribution has to be that of what is usually done: to draw samples with replacement.
func TestTheBootstrapIsThatOfResampling(t *testing.T) {
	const n = 500
	h := run(1, n, time.Millisecond, 0).ResponseOK.HDR
	random := rand.New(rand.NewPCG(3, 4))
	all := newResampled(h, .9)
	var exact, drawn []float64
	for range 400 {
		exact = append(exact, all.draw(random))
		sample := make([]float64, n)
		for i := range sample {
			at, _ := slices.BinarySearch(all.share, random.Float64())
			sample[i] = all.values[min(at, len(all.values)-1)]
		}
		slices.Sort(sample)
		drawn = append(drawn, sample[n*9/10-1])
	}
	slices.Sort(exact)
	slices.Sort(drawn)
	spread := drawn[380] - drawn[20]
	for _, at := range []int{40, 100, 200, 300, 360} {
		if math.Abs(exact[at]-drawn[at]) > .2*spread {
			t.Errorf("number %d of 400 is %v, by resampling %v, of a spread of %v", at, exact[at], drawn[at], spread)
		}
	}
}

// The example of Newcombe's paper, table II: 56 of 70 and 48 of 80, 95 %, method 10.
func TestSharesAsPublished(t *testing.T) {
	d := shares("failed", 48, 80, 56, 70, .95, 0)
	if math.Abs(d.Change-.2) > 1e-9 || math.Abs(d.Low-.0524) > 5e-5 || math.Abs(d.High-.3339) > 5e-5 {
		t.Errorf("%v from %v to %v, want 0.2 from 0.0524 to 0.3339", d.Change, d.Low, d.High)
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	baseline := run(1, 2000, time.Millisecond, 0)
	for _, row := range []struct {
		name    string
		change  func(*report.Report)
		invalid string // else there is an error
	}{
		{"other loop", func(r *report.Report) { r.Loop = "closed" }, ""},
		{"other targets", func(r *report.Report) { r.Targets[0].Name = "GET /other" }, ""},
		{"other rate", func(r *report.Report) { r.OfferedRate = 90 }, "the rates differ"},
		{"interrupted", func(r *report.Report) { r.Interrupted = true }, "this run was interrupted"},
		{"invalid", func(r *report.Report) { r.Validity.Reasons = []report.Reason{{Name: "lag", Detail: "late"}} }, "this run is invalid: late"},
	} {
		t.Run(row.name, func(t *testing.T) {
			now := run(2, 2000, 2*time.Millisecond, 0)
			row.change(now)
			result, err := Reports(baseline, now, Default())
			if (err == nil) != (row.invalid != "") {
				t.Fatalf("error %v", err)
			}
			if err == nil && !strings.Contains(strings.Join(result.Invalid, "\n"), row.invalid) {
				t.Errorf("invalid because of %q, want %q", result.Invalid, row.invalid)
			}
		})
	}
}

func TestText(t *testing.T) {
	r, err := Reports(run(1, 10_000, 50*time.Millisecond, 0), run(2, 10_000, 60*time.Millisecond, 0), Default())
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	r.WriteText(&text)
	for _, want := range []string{"p50", "worse", "tolerance: +5.0 % for times, +0.1 points for shares", "verdict    WORSE than the baseline: p50, p90, p99"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
}
