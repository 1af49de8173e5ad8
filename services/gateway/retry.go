package gateway

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What became of a retry, as lab_retries_total counts it.
const (
	retryOK     = "ok"     // it was answered
	retryFailed = "failed" // it failed in a way that may be retried
	retryDenied = "denied" // the budget did not allow it
)

// retrier decides which failures of one service are tried again.
type retrier struct {
	cfg     retryConfig
	budget  *retryBudget
	retries *prometheus.CounterVec
}

// deposit is called once a request.
func (p *retrier) deposit() { p.budget.deposit() }

// safe reports whether a request can be sent twice: one without a body and with
// a method that changes nothing.
func (p *retrier) safe(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && (r.Body == nil || r.Body == http.NoBody)
}

// failed reports whether an attempt ended in a way that another may mend: no
// reply, or a status of the list. A service that sends Retry-After says that
// it will not be mended by asking again now.
func (p *retrier) failed(response *http.Response, err error) bool {
	if err != nil {
		return !errors.Is(err, errOpen) && !errors.Is(err, errReplyTooLarge)
	}
	return slices.Contains(p.cfg.Statuses, response.StatusCode) && response.Header.Get("Retry-After") == ""
}

// allow takes the next retry, the number n from 1 on, from the budget, and
// returns the pause before it. It refuses when ctx would end in the pause.
func (p *retrier) allow(ctx context.Context, route string, n int) (time.Duration, bool) {
	if n > p.cfg.Max || ctx.Err() != nil {
		return 0, false
	}
	pause := p.pause(n)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
		return 0, false
	}
	if p.cfg.Budgeted && !p.budget.withdraw() {
		p.count(route, retryDenied)
		return 0, false
	}
	return pause, true
}

// pause is random between nothing and a bound that doubles with each retry
// ("full jitter"), so that requests which failed together do not return together.
func (p *retrier) pause(n int) time.Duration {
	bound := p.cfg.Backoff << (n - 1)
	if bound <= 0 {
		return 0
	}
	return rand.N(bound)
}

func (p *retrier) count(route, result string) { p.retries.WithLabelValues(route, result).Inc() }

// countSent counts a retry that was sent.
func (p *retrier) countSent(route string, failed bool) {
	if failed {
		p.count(route, retryFailed)
	} else {
		p.count(route, retryOK)
	}
}
