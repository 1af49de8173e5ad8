package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	visitEvery = 250 * time.Millisecond
	visitLimit = time.Second // the timeout of a scrape
)

// Visits are how long requests to one address took.
type Visits []time.Duration

// Quantile is the q-quantile, 0 to 1; 0 if there were no visits.
func (v Visits) Quantile(q float64) time.Duration {
	if len(v) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(v))[int(q*float64(len(v)-1))]
}

// VisitAdmin gets /metrics, /livez and /readyz of the admin address base for the
// time d, each four times a second and on a new connection, as Prometheus and
// health checks do. Replies other than 200 and those that take longer than a
// second are errors.
func VisitAdmin(ctx context.Context, base string, d time.Duration) (map[string]Visits, error) {
	visits := map[string]Visits{}
	var failed error
	var mu sync.Mutex // guards visits and failed
	var visitors sync.WaitGroup
	ctx, cancel := context.WithTimeout(ctx, d+visitLimit)
	defer cancel()
	until := time.Now().Add(d)
	for _, path := range []string{"/metrics", "/livez", "/readyz"} {
		visitors.Go(func() {
			all, err := visit(ctx, base+path, until)
			mu.Lock()
			defer mu.Unlock()
			visits[path] = all
			failed = errors.Join(failed, err)
		})
	}
	visitors.Wait()
	return visits, failed
}

func visit(ctx context.Context, url string, until time.Time) (Visits, error) {
	client := http.Client{Timeout: visitLimit, Transport: &http.Transport{DisableKeepAlives: true}}
	var all Visits
	for ; time.Now().Before(until); time.Sleep(visitEvery) {
		began := time.Now()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return all, err
		}
		response, err := client.Do(request)
		if err != nil {
			return all, fmt.Errorf("after %d answers: %w", len(all), err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil {
			return all, fmt.Errorf("%s: %w", url, err)
		}
		if response.StatusCode != http.StatusOK {
			return all, fmt.Errorf("%s answered %s", url, response.Status)
		}
		all = append(all, time.Since(began))
	}
	return all, nil
}

// slowestVisit is how long a probe or a scrape may take, at the 99th percentile.
const slowestVisit = 200 * time.Millisecond

// CheckVisits returns an error for every address that took 200 ms or longer at
// the 99th percentile, or that was not visited.
func CheckVisits(visits map[string]Visits) error {
	var errs []error
	for path, all := range visits {
		if p99 := all.Quantile(.99); len(all) == 0 || p99 >= slowestVisit {
			errs = append(errs, fmt.Errorf("%s: %d answers, p99 %v, want less than %v", path, len(all), p99, slowestVisit))
		}
	}
	return errors.Join(errs...)
}
