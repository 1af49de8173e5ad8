package report_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// noon is when runs start.
var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// measured is a report of n requests a target that took the response time each, with service half of it.
func measured(id string, n int, response, lag time.Duration, change func(*report.Run)) *report.Report {
	set := record.NewSet(1)
	for range n {
		set.Targets[0].Scheduled++
		set.Add(&record.Result{Outcome: record.OK, Status: 200, Response: response, Service: response / 2, Lag: lag, Parts: [record.Parts]time.Duration{
			record.Lag: lag, record.Blocked: response/2 - lag, record.Network: response / 2,
		}})
	}
	totals := record.NewTotals(1)
	totals.Merge(set, time.Now())
	run := report.Run{
		ID: id, Scenario: "test", Loop: "open", Open: true, Names: []string{"GET /"}, Methods: []string{"GET"}, Totals: totals,
		Started: noon, Ended: noon.Add(time.Second), Elapsed: time.Second, InFlightFor: time.Duration(n) * response / 2, CPU: .1,
	}
	if change != nil {
		change(&run)
	}
	return report.New(run)
}

func TestHealthGate(t *testing.T) {
	ms := time.Millisecond
	for _, row := range []struct {
		name    string
		report  *report.Report
		reasons string
		limit   string
	}{
		{"healthy", measured("a", 200, 4*ms, 10*time.Microsecond, nil), "", "none"},
		{"batch", measured("a", 200, 4*ms, 10*time.Microsecond, func(r *report.Run) { r.Loop, r.Open = "batch", false }), "", "none"},
		{"late", measured("a", 200, 100*ms, 2*ms, nil), "lag", "generator"},
		{"late for so short a response", measured("a", 200, 2*ms, 500*time.Microsecond, nil), "lag", "none"},
		{"late in a closed loop, where nothing is", measured("a", 200, 4*ms, 2*ms, func(r *report.Run) { r.Open = false }), "", "none"},
		{"replies lie in its own sockets", measured("a", 200, 20*ms, 0, func(r *report.Run) {
			r.Totals.Targets[0].Parts[record.Lag] += 200 * 3 * ms
			r.Totals.Targets[0].Parts[record.Network] -= 200 * 3 * ms
		}), "lag", "none"},
		{"replies lie there, but not for long in comparison", measured("a", 200, 200*ms, 0, func(r *report.Run) {
			r.Totals.Targets[0].Parts[record.Lag] += 200 * 3 * ms
			r.Totals.Targets[0].Parts[record.Network] -= 200 * 3 * ms
		}), "", "none"},
		{"busy", measured("a", 200, 4*ms, 0, func(r *report.Run) { r.CPU = .9 }), "cpu", "none"},
		{"Little's law broken", measured("a", 200, 4*ms, 0, func(r *report.Run) { r.InFlightFor *= 2 }), "little", "none"},
		{"Little's law broken by next to nothing", measured("a", 200, 4*time.Microsecond, 0, func(r *report.Run) { r.InFlightFor *= 2 }), "", "none"},
		{"nothing sent", measured("a", 0, 0, 0, nil), "empty", "none"},
		{"the server cannot follow", measured("a", 200, 4*ms, 0, func(r *report.Run) {
			r.Totals.Targets[0].Scheduled += 100
			r.Totals.Targets[0].Dropped[record.Deadline] = 100
		}), "", "server"},
		{"the generator cannot follow", measured("a", 200, 4*ms, 2*ms, func(r *report.Run) {
			r.Totals.Targets[0].Scheduled += 100
			r.Totals.Targets[0].Dropped[record.QueueFull] = 100
		}), "lag rate", "generator"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var names []string
			for _, reason := range row.report.Validity.Reasons {
				names = append(names, reason.Name)
			}
			if got := strings.Join(names, " "); got != row.reasons || row.report.Limit != row.limit || row.report.Validity.Valid != (got == "") {
				t.Errorf("reasons %q, limit %s, valid %v; want %q, %s", got, row.report.Limit, row.report.Validity.Valid, row.reasons, row.limit)
			}
		})
	}
}

func TestThresholds(t *testing.T) {
	r := measured("a", 200, 100*time.Millisecond, 0, func(r *report.Run) {
		r.Totals.Targets[0].Scheduled += 50
		r.Totals.Targets[0].Dropped[record.Deadline] = 50
	})
	for text, want := range map[string]bool{
		"p99<250ms": true, "p50<90ms": false, "p99.9>=90ms": true, "mean<=101ms": true, "max<1ms": false, "error_rate<1%": true,
		"dropped_rate<0.1": false, "dropped_rate<=20%": true, "rate>199": true, "rate>201": false,
	} {
		parsed, err := report.ParseThresholds(text)
		if err != nil || r.Check(parsed) != want {
			t.Errorf("%s: %+v, %v; want %v", text, r.Thresholds, err, want)
		}
	}
	_, err := report.ParseThresholds("p99<250, p101<1ms, foo<1, error_rate<101%, rate, rate<NaN, rate>0x10, p0x5<1ms, error_rate<1_0%, p50<+5ms")
	for _, want := range []string{`"p99<250": the bound must be a duration`, `"p101<1ms": unknown figure`, `"foo<1": unknown`, `"error_rate<101%": the bound must be a share`, `"rate" is not figure<bound`, `"rate<NaN"`,
		`"rate>0x10": the bound`, `"p0x5<1ms": unknown figure`, `"error_rate<1_0%": the bound`, `"p50<+5ms": the bound`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %s", err, want)
		}
	}
}

func FuzzParseThresholds(f *testing.F) {
	f.Add("p99<250ms,error_rate<1%")
	f.Add("rate>=1e3,p99.99<=1h,max>0s")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := report.ParseThresholds(text)
		for _, p := range parsed {
			if err == nil && (math.IsNaN(p.Bound) || p.Bound < 0) {
				t.Fatalf("%q: bound %v", text, p.Bound)
			}
		}
		measured("a", 1, time.Millisecond, 0, nil).Check(parsed)
	})
}

func reread(t *testing.T, r *report.Report) *report.Report {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "one.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	back, err := report.ReadFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func TestMergedFilesLoseNothing(t *testing.T) {
	a, b := measured("a", 300, 10*time.Millisecond, 0, nil), measured("b", 100, time.Second, 0, nil)
	merged, err := report.Merge([]*report.Report{reread(t, a), reread(t, b)})
	if err != nil {
		t.Fatal(err)
	}
	whole := a.Response.Merge(b.Response)
	if !merged.Response.HDR.Equals(whole.HDR) || merged.Response.Sum != 103*time.Second || merged.Response.Mean() != 257500*time.Microsecond {
		t.Errorf("response: %d values, sum %v", merged.Response.Count(), merged.Response.Sum)
	}
	if merged.Scheduled != 400 || merged.AchievedRate != 400 || merged.Targets[0].Status[200] != 400 || !merged.Validity.Valid {
		t.Errorf("%+v", merged)
	}
	if a.Targets[0].Status[200] != 300 {
		t.Error("merging has changed a part")
	}
	if _, err := report.Merge([]*report.Report{a, a}); err == nil {
		t.Error("one run is merged with itself")
	}
}

func TestReportsThatCannotBeUsed(t *testing.T) {
	folder := t.TempDir()
	read := func(name string) error {
		_, err := report.ReadFile(filepath.Join(folder, name))
		return err
	}
	for text, want := range map[string]string{
		`{"version":2}`:               "a histogram is missing",
		`{"version":1}`:               "its version is 1, not 2",
		`{"response":{"hdr":"AAAA"}}`: "histogram",
		`{"version":2`:                "unexpected end of JSON input",
	} {
		if err := os.WriteFile(filepath.Join(folder, "one.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := read("one.json"); err == nil || !strings.Contains(err.Error(), "one.json") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", text, err, want)
		}
	}
	if err := read("none.json"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that does not exist: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "two.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := report.ReadFolder(folder); err == nil || !strings.Contains(err.Error(), "has 2 reports, want 1") {
		t.Errorf("a folder of two reports: %v", err)
	}
}

func TestTheFirstLinesSayWhetherToTrustIt(t *testing.T) {
	var text strings.Builder
	measured("a", 200, 100*time.Millisecond, 2*time.Millisecond, nil).WriteText(&text)
	lines := strings.Split(text.String(), "\n")
	for i, want := range []string{"valid      NO", "           lag: ", "late       lag p50 2.00", "dropped    0", "limit      the generator"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
}

// withFailures is the report of a run with that many failures and successes.
func withFailures(failures, successes int) *report.Report {
	return measured("a", successes, 4*time.Millisecond, 0, func(run *report.Run) {
		set := record.NewSet(1)
		for range failures {
			set.Targets[0].Scheduled++
			set.Add(&record.Result{Outcome: record.ConnectError, Response: time.Millisecond})
		}
		run.Totals.Merge(set, time.Now())
	})
}

// Of failures alone no time is known, and the share of errors of nothing is not zero.
func TestThresholdsOverFailures(t *testing.T) {
	failed, half := withFailures(200, 0), withFailures(100, 100)
	nothing := measured("a", 0, 0, 0, nil)
	for _, row := range []struct {
		name, threshold string
		report          *report.Report
		reason          string
		ok              bool
	}{
		{"a quantile of failures", "p99<500ms", failed, "no request succeeded", false},
		{"their mean", "mean<500ms", failed, "no request succeeded", false},
		{"their rate", "rate>1", failed, "no request succeeded", false},
		{"the share of errors is known", "error_rate<=100%", failed, "", true},
		{"of half of them", "p99<500ms", half, "", true},
		{"a quantile of nothing", "p99<500ms", nothing, "no request succeeded", false},
		{"the share of errors of nothing", "error_rate<1%", nothing, "no request was completed", false},
		{"nothing was dropped", "dropped_rate<1%", nothing, "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			thresholds, err := report.ParseThresholds(row.threshold)
			if err != nil {
				t.Fatal(err)
			}
			held := row.report.Check(thresholds)
			if got := row.report.Thresholds[0]; held != row.ok || got.OK != row.ok || got.Reason != row.reason {
				t.Errorf("%+v, want ok %t, reason %q", got, row.ok, row.reason)
			}
		})
	}
}
