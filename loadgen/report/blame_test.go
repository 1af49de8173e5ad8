package report_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/loadgen/cause"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// add records what change does to an empty set in the totals of a run.
func add(run *report.Run, change func(*record.Set)) {
	set := record.NewSet(1)
	change(set)
	run.Totals.Merge(set, noon)
}

// refused are n requests for which the generator had no file descriptor.
func refused(n int) func(*record.Set) {
	return func(set *record.Set) {
		for range n {
			set.Targets[0].Scheduled++
			set.Refuse(&record.Result{Cause: cause.Of(syscall.EMFILE)})
		}
	}
}

// failed are n requests that ended with the outcome.
func failed(n int, outcome record.Outcome) func(*record.Set) {
	return func(set *record.Set) {
		for range n {
			set.Targets[0].Scheduled++
			set.Add(&record.Result{Outcome: outcome, Response: time.Millisecond, Cause: cause.Of(syscall.ECONNREFUSED)})
		}
	}
}

func dropped(n uint64, reason record.Drop) func(*record.Set) {
	return func(set *record.Set) {
		set.Targets[0].Scheduled += n
		set.Targets[0].Dropped[reason] += n
	}
}

// The server is the limit only if it left something undone, and the generator is named with its cause.
func TestBlame(t *testing.T) {
	closed := func(r *report.Run) { r.Loop, r.Open = "closed", false }
	batch := func(r *report.Run) { r.Loop, r.Open = "batch", false }
	queued := func(r *report.Run) { r.Totals.Targets[0].Parts[record.Blocked] += 10 * time.Second }
	with := func(change func(*record.Set)) func(*report.Run) { return func(r *report.Run) { add(r, change) } }
	for _, row := range []struct {
		name    string
		n       int // requests that succeed
		changes []func(*report.Run)
		limit   string
		valid   bool
		cause   string // in the reason, and in words on the terminal
	}{
		{"closed, one request served", 1, []func(*report.Run){closed}, "none", true, "every request was served"},
		{"open, one request served", 1, nil, "none", true, "the offered rate was reached"},
		{"closed, all served", 200, []func(*report.Run){closed}, "none", true, ""},
		{"closed, one failed", 200, []func(*report.Run){closed, with(failed(1, record.HTTPError))}, "server", true, "1 requests failed"},
		{"closed, one late", 200, []func(*report.Run){closed, with(failed(1, record.Timeout))}, "server", true, ""},
		{"closed port", 0, []func(*report.Run){closed, with(failed(200, record.ConnectError))}, "server", true, "most often by: connection refused"},
		{"closed, all served after a wait for a connection", 200, []func(*report.Run){closed, queued}, "connections", true, "LOADGEN_MAX_CONNECTIONS"},
		{"open, all served after a wait for a connection", 200, []func(*report.Run){queued}, "connections", true, "LOADGEN_MAX_CONNECTIONS"},
		{"open, some not served in time", 200, []func(*report.Run){with(dropped(50, record.Deadline))}, "server", true, "50 requests failed or were not answered in time"},
		{"interrupted with some in flight", 50, []func(*report.Run){closed, with(failed(1, record.Unfinished)), func(r *report.Run) { r.Interrupted = true }}, "none", true, ""},
		{"ended with some in flight", 50, []func(*report.Run){closed, with(failed(1, record.Unfinished))}, "server", true, ""},
		{"no resource", 50, []func(*report.Run){with(dropped(50, record.NoResource))}, "none", false, "50.00 % of the scheduled requests"},
		{"descriptors, closed", 50, []func(*report.Run){closed, with(refused(5))}, "generator", false, "no file descriptor left (5 requests were not sent): raise the limit of"},
		{"descriptors, open", 5000, []func(*report.Run){with(refused(1))}, "generator", false, "ulimit -n"},
		{"descriptors, batch", 50, []func(*report.Run){batch, with(refused(5))}, "generator", false, "the generator: the generator has no file descriptor"},
		{"descriptors alone", 0, []func(*report.Run){with(refused(5))}, "generator", false, "ulimit -n"},
		{"descriptors and failures of the server", 50, []func(*report.Run){closed, with(refused(5)), with(failed(20, record.HTTPError))}, "generator", false, "ulimit -n"},
		{"stopped by its quota", 200, []func(*report.Run){closed, func(r *report.Run) { r.Throttled, r.Cores = 200*time.Millisecond, .5 }}, "generator", false,
			"the CPU quota of 0.5 cores stopped the generator for 200ms of 1s: raise the quota"},
		{"seldom stopped by its quota", 200, []func(*report.Run){closed, func(r *report.Run) { r.Throttled = 50 * time.Millisecond }}, "none", true, ""},
		{"out of cores", 200, []func(*report.Run){closed, func(r *report.Run) { r.CPU, r.Cores = .95, 2 }}, "generator", false, "95 % of the 2 cores it may use, more than 80 %: give it more cores"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := measured("a", row.n, 4*time.Millisecond, 0, func(run *report.Run) {
				for _, change := range row.changes {
					change(run)
				}
			})
			var text strings.Builder
			r.WriteText(&text)
			if r.Limit != row.limit || r.Validity.Valid != row.valid || !strings.Contains(text.String(), row.cause) {
				t.Errorf("limit %s, valid %v, want %s, %v with %q:\n%s", r.Limit, r.Validity.Valid, row.limit, row.valid, row.cause, &text)
			}
			if back := reread(t, r); back.LimitCause != r.LimitCause || (r.Limit == "none") != (r.LimitCause == "") {
				t.Errorf("limit %s has the cause %q, in JSON %q", r.Limit, r.LimitCause, back.LimitCause)
			}
		})
	}
}

// What the generator itself could not send is neither an error of the server nor a time.
func TestRefusedRequestsAreNoErrors(t *testing.T) {
	r := measured("a", 50, 4*time.Millisecond, 0, func(run *report.Run) { add(run, refused(5)) })
	if r.Failed() != 0 || r.Completed != 50 || r.Dropped["local_limit"] != 5 || r.Response.Count() != 50 {
		t.Errorf("failed %d, completed %d, dropped %v, times %d", r.Failed(), r.Completed, r.Dropped, r.Response.Count())
	}
}

// A server that refuses fast must not look fast.
func TestThresholdsOnTimesAreOfSuccesses(t *testing.T) {
	r := measured("a", 100, 400*time.Millisecond, 0, func(run *report.Run) { add(run, failed(900, record.HTTPError)) })
	for text, want := range map[string]bool{"p50<100ms": false, "p50<450ms": true, "mean<100ms": false, "p99>300ms": true, "max>=390ms": true} {
		thresholds, err := report.ParseThresholds(text)
		if err != nil {
			t.Fatal(err)
		}
		if held := r.Check(thresholds); held != want {
			t.Errorf("%s: %+v, want %v", text, r.Thresholds, want)
		}
	}
	var text strings.Builder
	r.WriteText(&text)
	if !strings.Contains(text.String(), "of successes") {
		t.Errorf("the summary has no times of successes:\n%s", &text)
	}
}

func TestAThresholdOnErrorsIsImplied(t *testing.T) {
	for _, row := range []struct {
		given               string
		failures, succeeded int
		held                bool
		texts               string
	}{
		{"", 0, 100, true, "error_rate<=1%"},
		{"", 1, 99, true, "error_rate<=1%"},
		{"", 2, 98, false, "error_rate<=1%"},
		{"p99<500ms", 50, 50, false, "p99<500ms error_rate<=1%"},
		{"error_rate<60%", 50, 50, true, "error_rate<60%"},
		{"error_rate<0.1%", 1, 99, false, "error_rate<0.1%"},
		{"error_rate<=100%", 100, 0, true, "error_rate<=100%"},
		{"", 0, 0, true, ""}, // a run without a request has no failures, and is judged otherwise
		{"error_rate<1%", 0, 0, false, "error_rate<1%"},
	} {
		given, err := report.ParseThresholds(row.given)
		if err != nil {
			t.Fatal(err)
		}
		r := withFailures(row.failures, row.succeeded)
		held := r.Check(report.WithMaxErrorRate(given))
		var texts []string
		for _, threshold := range r.Thresholds {
			texts = append(texts, threshold.Text)
		}
		if held != row.held || strings.Join(texts, " ") != row.texts {
			t.Errorf("%q with %d of %d failed: held %v by %v, want %v by %s", row.given, row.failures, row.failures+row.succeeded, held, texts, row.held, row.texts)
		}
	}
}

// Each kind of failure is shown once with its number, the most frequent first, and in one line.
func TestFailuresAreShownByKind(t *testing.T) {
	r := measured("a", 10, 4*time.Millisecond, 0, func(run *report.Run) {
		add(run, failed(3, record.ConnectError))
		add(run, func(set *record.Set) {
			set.Targets[0].Scheduled += 7
			for n := range 7 {
				set.Add(&record.Result{Outcome: record.ProtocolError, Cause: cause.OfCut(errors.New("read: \x1b[31m\nreset"), int64(n))})
			}
			set.Targets[0].Scheduled += 2
			set.Add(&record.Result{Outcome: record.HTTPError, Status: 503})
			set.Add(&record.Result{Outcome: record.HTTPError, Status: 404})
		})
	})
	var text strings.Builder
	reread(t, r).WriteText(&text)
	_, table, _ := strings.Cut(text.String(), "first example\n")
	lines := strings.Split(table, "\n")
	for i, want := range []string{"protocol_error  7", "connect_error   3      connection refused"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d of the failures is %q, want %q", i, lines[i], want)
		}
	}
	if !strings.Contains(lines[0], "after 0 bytes of the body: read: .[31m.reset") || !strings.Contains(text.String(), "statuses   200: 10, 404: 1, 503: 1\n") {
		t.Errorf("no example, or no statuses:\n%s", &text)
	}
}

func TestMergedFailuresAddUp(t *testing.T) {
	fail := func(id string, n int) *report.Report {
		return measured(id, 10, 4*time.Millisecond, 0, func(run *report.Run) { add(run, failed(n, record.ConnectError)) })
	}
	a, b := fail("a", 3), fail("b", 4)
	merged, err := report.Merge([]*report.Report{reread(t, a), reread(t, b)})
	if err != nil {
		t.Fatal(err)
	}
	failures := merged.Failures()
	if len(failures) != 1 || failures[0].Count != 7 || !failures[0].First.Equal(a.Failures()[0].First) || a.Failures()[0].Count != 3 || merged.ResponseOK.Count() != 20 {
		t.Errorf("failures %+v, of the first run %+v, %d successes", failures, a.Failures(), merged.ResponseOK.Count())
	}
}

func TestOnlyRunsOfTheSameTimeAreMerged(t *testing.T) {
	at := func(id string, start, end time.Duration) *report.Report {
		return measured(id, 10, 4*time.Millisecond, 0, func(run *report.Run) { run.Started, run.Ended = noon.Add(start), noon.Add(end) })
	}
	s := time.Second
	for _, row := range []struct {
		name  string
		runs  []*report.Report
		err   string
		valid bool
	}{
		{"one", []*report.Report{at("a", 0, 10*s)}, "", true},
		{"together", []*report.Report{at("a", 0, 10*s), at("b", s/2, 10*s+s/2)}, "", true},
		{"one after the other", []*report.Report{at("a", 0, 10*s), at("b", 11*s, 21*s)}, "run b began at 2026-11-27T12:00:11Z, after run a had ended", false},
		{"in the other order", []*report.Report{at("b", 11*s, 21*s), at("a", 0, 10*s)}, "run b began", false},
		{"one of three apart", []*report.Report{at("a", 0, 30*s), at("b", 0, 10*s), at("c", 20*s, 30*s)}, "run c began", false},
		{"for half of the time", []*report.Report{at("a", 0, 10*s), at("b", 5*s, 15*s)}, "", false},
		{"a short one within a long one", []*report.Report{at("a", 0, 10*s), at("b", 5*s, 6*s)}, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			merged, err := report.Merge(row.runs)
			if got := fmt.Sprint(err); row.err != "" && !strings.Contains(got, row.err) || row.err == "" && err != nil {
				t.Fatalf("error %v, want %q", err, row.err)
			}
			if err == nil && (merged.Validity.Valid != row.valid || !row.valid && !strings.Contains(merged.Validity.Reasons[0].Detail, "rates do not add up")) {
				t.Errorf("validity %+v, want %v", merged.Validity, row.valid)
			}
		})
	}
}
