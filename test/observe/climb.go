package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"time"
)

// What the phase climb of the tour shows (docs/loadgen.md).
const (
	recovery      = 15 * time.Second // after the end of climb computation is as fast again as before
	fullFor       = 10 * time.Second
	servedShare   = 0.9                    // of the rate asked for, at the ceiling
	slowestWait   = 75 * time.Millisecond  // one and a half of the wait that is asked for
	quickestAgain = 100 * time.Millisecond // for a computation of 10 ms, on a machine that others use too
	findable      = 2 * time.Minute        // holds the whole of a climb and its recovery, and not the one before
	scrapes       = 6 * time.Second        // enough samples for a rate

	lesson   = 90 * time.Second  // in which a newcomer has seen the ceiling
	lap      = 4 * time.Minute   // in which the next climb is over, of a tour of 195 s
	resolves = 150 * time.Second // an alert whose cause is over, at the latest
)

// climb is when the phase was under way.
type climb struct{ from, to time.Time }

// CheckClimb waits until a climb that ends after since has been over for the time
// of recovery. It returns an error unless the CPU side met its ceiling during the
// climb, the IO side did not, and a computation asked through the gateway is
// quick again.
func (p Prometheus) CheckClimb(ctx context.Context, gateway string, since time.Time, within time.Duration) error {
	c, err := p.awaitClimb(ctx, since, within)
	if err != nil {
		return err
	}
	return errors.Join(checkRecovered(ctx, gateway), p.checkCeiling(ctx, c), p.checkQueue(ctx, c), p.checkWaits(ctx, c))
}

// CheckDefaultLoad looks at the first climb of a lab that started at began, which
// has to end within the lesson. Other programs on the machine can only make a
// climb worse, so a second one may show it too. No alert stays behind.
func (p Prometheus) CheckDefaultLoad(ctx context.Context, gateway string, began time.Time) error {
	first := p.CheckClimb(ctx, gateway, began, lesson+recovery-time.Since(began))
	if first != nil {
		if err := p.CheckClimb(ctx, gateway, time.Now(), lap); err != nil {
			return fmt.Errorf("first climb: %w; second: %w", first, err)
		}
	}
	return Eventually(ctx, resolves, p.CheckAlerts)
}

func (p Prometheus) awaitClimb(ctx context.Context, since time.Time, within time.Duration) (climb, error) {
	var found climb
	err := Eventually(ctx, within, func(ctx context.Context) error {
		now := time.Now()
		series, err := p.QueryRange(ctx, `max(loadgen_run_info{phase="climb"})`, now.Add(-findable), now, time.Second)
		if err != nil {
			return err
		}
		if len(series) == 0 {
			return errors.New("no phase climb has been seen")
		}
		points := series[0].Points
		found = climb{from: points[0].Time, to: points[len(points)-1].Time}
		if over := now.Sub(found.to); over < recovery || found.to.Before(since) {
			return fmt.Errorf("the end of the latest climb is %v ago", over.Round(time.Second))
		}
		return nil
	})
	return found, err
}

func (p Prometheus) checkCeiling(ctx context.Context, c climb) error {
	expr := fmt.Sprintf(`sum(rate(http_server_request_duration_seconds_count{job="cpubound", http_route="/cpu/spin"}[%[1]v]))
		<= bool %[2]v * sum(rate(loadgen_scheduled_total{target="GET /cpu/spin"}[%[1]v]))`, scrapes, servedShare)
	series, err := p.QueryRange(ctx, expr, c.from, c.to, time.Second)
	if err != nil {
		return err
	}
	full := time.Duration(0)
	for _, s := range series {
		for _, point := range s.Points {
			full += time.Duration(point.Value) * time.Second
		}
	}
	if full < fullFor {
		return fmt.Errorf("for %v of climb cpubound served at most %v of the rate asked for, want %v", full, servedShare, fullFor)
	}
	return nil
}

func (p Prometheus) checkQueue(ctx context.Context, c climb) error {
	parts := map[string]float64{}
	for _, part := range []string{"cpu", "wait", "queue"} {
		value, err := p.during(ctx, c, fmt.Sprintf(`sum(increase(lab_work_seconds_total{job="cpubound", part=%q}[%%v]))`, part))
		if err != nil {
			return err
		}
		parts[part] = value
	}
	if parts["queue"] <= max(parts["cpu"], parts["wait"]) {
		return fmt.Errorf("the time of climb's requests in cpubound went to %v, want queue to be the largest", parts)
	}
	return nil
}

func (p Prometheus) checkWaits(ctx context.Context, c climb) error {
	p99, err := p.during(ctx, c, `histogram_quantile(0.99, sum(rate(loadgen_response_time_seconds{target="GET /io/wait"}[%v])))`)
	if err == nil && !(p99 < slowestWait.Seconds()) {
		err = fmt.Errorf("99 %% of the waits of climb took %.3f s at most, want less than %v", p99, slowestWait)
	}
	return err
}

// during evaluates expr, whose %v is the length of the climb, at its end.
func (p Prometheus) during(ctx context.Context, c climb, expr string) (float64, error) {
	expr = fmt.Sprintf(expr, c.to.Sub(c.from).Round(time.Second))
	series, err := p.QueryRange(ctx, expr, c.to, c.to, time.Second)
	switch {
	case err != nil:
		return 0, err
	case len(series) != 1 || math.IsNaN(series[0].Last()):
		return 0, fmt.Errorf("no data of %s", expr)
	}
	return series[0].Last(), nil
}

func checkRecovered(ctx context.Context, gateway string) error {
	var took []time.Duration
	for range 5 {
		one, err := timed(ctx, gateway+"/cpu/spin?ms=10")
		if err != nil {
			return err
		}
		took = append(took, one)
	}
	slices.Sort(took)
	if median := took[len(took)/2]; median > quickestAgain {
		return fmt.Errorf("%v after climb a computation takes %v, want at most %v", recovery, median, quickestAgain)
	}
	return nil
}

func timed(ctx context.Context, url string) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", url, err)
	}
	began := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("ask: %w", err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s, %w", url, response.Status, err)
	}
	return time.Since(began), nil
}

// CheckAlerts returns an error if an alert fires that the documentation does
// not announce: climb spends the latency budget of /cpu/spin.
func (p Prometheus) CheckAlerts(ctx context.Context) error {
	firing, err := p.Query(ctx, `ALERTS{alertstate="firing"} unless ALERTS{alertname=~"SLOFastBurn|SLOSlowBurn", slo="latency", http_route="/cpu/spin"}`)
	if err != nil {
		return err
	}
	var errs []error
	for _, alert := range firing {
		errs = append(errs, fmt.Errorf("an alert that is not announced fires: %v", alert.Labels))
	}
	return errors.Join(errs...)
}
