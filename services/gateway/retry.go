package gateway

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/internal/outbound"
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

// repeatable reports whether a request that failed can be sent again: one that
// changes nothing and has no body after every failure, one that the service
// takes once however often it is sent if the connection broke. After a timeout
// the service may still be at work on it.
func (p *retrier) repeatable(r *http.Request, keyed bool, err error) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return r.Body == nil || r.Body == http.NoBody
	case http.MethodPut:
		return broken(err) && !conditional(r.Header)
	case http.MethodPost:
		return broken(err) && keyed && r.Header.Get("Idempotency-Key") != ""
	}
	return false
}

// conditional reports whether a change depends on the state of the resource: the
// second would be answered 412 because of the first.
func conditional(header http.Header) bool {
	return slices.ContainsFunc([]string{"If-Match", "If-None-Match", "If-Unmodified-Since"}, func(name string) bool { return header[name] != nil })
}

// broken reports whether err is of a connection that broke before the whole reply.
func broken(err error) bool {
	timed, ok := errors.AsType[net.Error](err)
	return err != nil && (!ok || !timed.Timeout())
}

// failed reports whether an attempt ended in a way that another may mend: no
// reply, or a status of the list. A service that sends Retry-After says that
// it will not be mended by asking again now. For one that takes no connections
// the attempt has waited already.
func (p *retrier) failed(response *http.Response, err error) bool {
	if err != nil {
		return !errors.Is(err, errOpen) && !errors.Is(err, errReplyTooLarge) && !outbound.IsRefusal(err)
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
