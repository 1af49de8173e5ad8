package maxrate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"loadlab/experiments/knee"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
	"loadlab/loadgen/target"
)

// sample is what a synthetic measurement consists of.
type sample struct {
	ok, failed, late, deadline, unfinished int
	response, lag                          time.Duration
	little                                 float64 // by which the requests in flight are off; 0 means that they are not
}

func (s sample) report() *report.Report {
	set := record.NewSet(1)
	counts := &set.Targets[0]
	for i := range s.ok + s.failed {
		counts.Scheduled++
		outcome, status := record.OK, 200
		if i >= s.ok {
			outcome, status = record.HTTPError, 503
		}
		set.Add(&record.Result{Outcome: outcome, Status: status, Response: s.response, Service: s.response - s.lag, Lag: s.lag})
	}
	totals := record.NewTotals(1)
	totals.Merge(set, time.Now())
	merged := &totals.Targets[0]
	merged.Scheduled += uint64(s.late + s.deadline + s.unfinished)
	merged.Dropped[record.Late] += uint64(s.late)
	merged.Dropped[record.Deadline] += uint64(s.deadline)
	inFlight := time.Duration(s.ok+s.failed) * (s.response - s.lag)
	return report.New(report.Run{
		ID: "x", Loop: "open", Open: true, Names: []string{"GET /"}, Methods: []string{"GET"}, Totals: totals,
		Elapsed: time.Second, InFlightFor: time.Duration((1 + s.little) * float64(inFlight)), CPU: .1,
	})
}

func slo(t *testing.T, text string) []report.Threshold {
	t.Helper()
	parsed, err := report.ParseThresholds(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestJudge(t *testing.T) {
	const ms = time.Millisecond
	for _, row := range []struct {
		name   string
		slo    string
		sample sample
		want   knee.Observation
		why    string
	}{
		{"all is well", "p99<50ms", sample{ok: 200, response: 10 * ms}, knee.Sustained, ""},
		{"too slow", "p99<50ms", sample{ok: 200, response: 60 * ms}, knee.Failed, "p99<50ms: 60"},
		{"one of two is missed", "p99<50ms,mean<5ms", sample{ok: 200, response: 10 * ms}, knee.Failed, "mean<5ms: 10 ms"},
		{"quick refusals", "p99<50ms", sample{ok: 180, failed: 20, response: 10 * ms}, knee.Failed, "error_rate<1%: 10 %"},
		{"refusals that the user accepts", "p99<50ms,error_rate<20%", sample{ok: 180, failed: 20, response: 10 * ms}, knee.Sustained, ""},
		{"never sent", "p99<50ms", sample{ok: 150, deadline: 50, response: 10 * ms}, knee.Failed, "dropped_rate<1%: 25 %"},
		{"never sent by the generator", "p99<50ms", sample{ok: 150, late: 50, response: 10 * ms, lag: 2 * ms}, knee.Disturbed, "dropped_rate<1%: 25 %"},
		{"held though the generator was late", "p99<50ms", sample{ok: 200, response: 20 * ms, lag: 5 * ms}, knee.Sustained, ""},
		{"missed by more than the lateness", "p99<50ms", sample{ok: 200, response: 60 * ms, lag: 5 * ms}, knee.Failed, "p99<50ms"},
		{"missed by less than the lateness", "p99<50ms", sample{ok: 200, response: 52 * ms, lag: 5 * ms}, knee.Disturbed, "schedule lag"},
		{"Little's law is broken", "p99<50ms", sample{ok: 200, response: 10 * ms, little: .2}, knee.Disturbed, "Little's law"},
		{"nothing due", "p99<50ms", sample{}, knee.Disturbed, "no request was due"},
		{"nothing answered", "p99<50ms", sample{deadline: 10}, knee.Failed, "no request was completed"},
		{"nothing sent in time", "p99<50ms", sample{late: 10}, knee.Disturbed, "too late for every request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, why := judge(row.sample.report(), Config{SLO: slo(t, row.slo)}.objectives())
			if got != row.want || !strings.Contains(why, row.why) {
				t.Errorf("got %d because of %q, want %d because of %q", got, why, row.want, row.why)
			}
		})
	}
	unfinished := sample{ok: 200, response: 10 * ms}.report()
	unfinished.Scheduled, unfinished.Unfinished = 210, 10
	if got, why := judge(unfinished, slo(t, "p99<50ms")); got != knee.Failed || !strings.Contains(why, "10 of 210") {
		t.Errorf("unfinished requests: %d because of %q", got, why)
	}
}

// queue answers as a server with one queue would: 1/(limit-rate) seconds on the
// 99th percentile, times some noise.
func queue(limit, noise float64, lag time.Duration) measure {
	return func(_ context.Context, rate float64, number uint64) (*report.Report, error) {
		random := rand.New(rand.NewPCG(number, uint64(limit)))
		seconds := 2.0
		if rate < limit {
			seconds = min(seconds, 1/(limit-rate))
		}
		response := time.Duration(seconds * (1 + noise*random.NormFloat64()) * float64(time.Second))
		return sample{ok: 200, response: response + lag, lag: lag}.report(), nil
	}
}

func config(t *testing.T) Config {
	t.Helper()
	targets, err := target.Parse("GET http://127.0.0.1:9/x")
	if err != nil {
		t.Fatal(err)
	}
	return Config{Targets: targets, SLO: slo(t, "p99<50ms"), Min: 10, Max: 10_000, Duration: 5 * time.Second, Warmup: time.Second}
}

func TestSearch(t *testing.T) {
	for _, row := range []struct {
		name      string
		measure   measure
		end       string
		low, high float64 // of the answer
		answer    string
		exit      int
	}{
		// p99 is 50 ms at 20/s below the limit.
		{"a limit", queue(820, 0, 0), Found, 790, 800, "The service sustains 79", 0},
		{"a limit with noise", queue(820, .05, 0), Found, 780, 805, "The service sustains ", 0},
		{"above the maximum", queue(1e6, 0, 0), AtLeastMax, 10_000, 10_000, "The limit is at least 10000/s", 0},
		{"below the minimum", queue(15, 0, 0), NotEvenMin, 0, 0, "Not even 10/s holds", 3},
		{"a generator that is late from some rate on", func(ctx context.Context, rate float64, n uint64) (*report.Report, error) {
			lag := time.Duration(0)
			if rate > 500 {
				lag = time.Second
			}
			return queue(5000, 0, lag)(ctx, rate, n)
		}, Generator, 495, 500, "The generator was the limit: the service sustains at least 49", 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var left []time.Duration
				r, err := config(t).search(t.Context(), row.measure, func(_ float64, _ *Observation, l time.Duration) { left = append(left, l) })
				if err != nil {
					t.Fatal(err)
				}
				if r.End != row.end || r.Sustained < row.low || r.Sustained > row.high || r.ExitCode() != row.exit || !strings.Contains(r.Answer(), row.answer) {
					t.Errorf("%s at %g, exit code %d: %s", r.End, r.Sustained, r.ExitCode(), r.Answer())
				}
				enclosed := r.End == Found || r.End == Generator
				if len(left) != len(r.Observations) || enclosed && left[len(left)-1] > 20*time.Second {
					t.Errorf("times left: %v", left)
				}
				written(t, r)
			})
		})
	}
}

// written checks that both forms can be written, and that the JSON form has no less.
func written(t *testing.T, r *Result) {
	t.Helper()
	var text, data bytes.Buffer
	r.WriteText(&text)
	if err := r.WriteJSON(&data); err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(data.Bytes(), &back); err != nil || back.Answer() != r.Answer() || len(back.Observations) != len(r.Observations) {
		t.Errorf("JSON reads as %+v, %v", back, err)
	}
	if !strings.Contains(text.String(), r.Answer()) || strings.Count(text.String(), "\n") < len(r.Observations) {
		t.Errorf("text:\n%s", &text)
	}
}

func TestInterruptionKeepsWhatWasMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := config(t).search(ctx, func(ctx context.Context, rate float64, n uint64) (*report.Report, error) {
			if n == 8 {
				cancel() // this measurement is cut short
			}
			return queue(820, 0, 0)(ctx, rate, n)
		}, nil)
		if err != nil || r.End != Interrupted || len(r.Observations) != 8 || r.ExitCode() != 1 || !strings.Contains(r.Answer(), "80/s was sustained") {
			t.Errorf("%+v, %v: %s", r, err, r.Answer())
		}
		written(t, r)
	})
}

func TestAFailedMeasurementEndsTheSearch(t *testing.T) {
	broken := errors.New("no file descriptors")
	_, err := config(t).search(t.Context(), func(context.Context, float64, uint64) (*report.Report, error) { return nil, broken }, nil)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "offer 10/s") {
		t.Errorf("got %v", err)
	}
}

func TestRefusals(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(c *Config)
		want   []string
	}{
		{"everything wrong at once", func(c *Config) {
			c.SLO, c.Duration, c.Warmup, c.Arrivals, c.Min = slo(t, "rate>5,p99>1ms"), time.Millisecond, -1, "bursts", 0
		}, []string{`objective "rate>5"`, `objective "p99>1ms"`, "duration 1ms is not", "warm-up", `arrivals "bursts"`, "a search from 0"}},
		{"no objective", func(c *Config) { c.SLO = nil }, []string{"no service level objective"}},
		{"no target", func(c *Config) { c.Targets = nil }, []string{"target"}},
		{"bounds the wrong way", func(c *Config) { c.Max = 1 }, []string{"between 10 and 1"}},
		{"another's host", func(c *Config) { c.Targets, _ = target.Parse("http://example.com/") }, []string{`"example.com" is neither loopback`}},
		{"nobody there", func(c *Config) { c.Arrivals = pace.Poisson }, []string{"reach target http://127.0.0.1:9/x"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := config(t)
			row.change(&c)
			_, err := Run(t.Context(), c, nil)
			for _, want := range row.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v does not say %s", err, want)
				}
			}
		})
	}
}

// TestRealServer uses the generator itself, at rates that no machine is too slow for.
func TestRealServer(t *testing.T) {
	for _, row := range []struct {
		name   string
		status int
		end    string
	}{
		{"a server that does its work", http.StatusOK, AtLeastMax},
		{"one that refuses it", http.StatusServiceUnavailable, NotEvenMin},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(row.status) }))
			defer server.Close()
			targets, err := target.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Run(t.Context(), Config{
				Targets: targets, SLO: slo(t, "p50<9s"), Min: 50, Max: 100, Duration: MinDuration, Arrivals: pace.Poisson, Seed: 1,
			}, nil)
			if err != nil || r.End != row.end {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}
