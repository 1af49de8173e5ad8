package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/decimal"
	"loadlab/internal/web/problem"
)

// TimeoutHeader carries the time budget that a caller has left for the
// request, in whole milliseconds. It can shorten a service's own budget only.
const TimeoutHeader = "X-Request-Timeout-Ms"

// limiter bounds how many requests are at work at once, and sets the time budget of each.
type limiter struct {
	cfg     Config
	metrics *metrics
	running atomic.Int64
}

func newLimiter(cfg Config, m *metrics) *limiter { return &limiter{cfg: cfg, metrics: m} }

func (l *limiter) limit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !EnterLimit(c, &l.running, l.cfg.MaxConcurrency) {
			return problem.Shed(http.StatusServiceUnavailable,
				"the service has "+strconv.Itoa(l.cfg.MaxConcurrency)+" requests in progress, which is its limit", time.Second)
		}
		return next(c)
	}
}

// EnterLimit counts the request in running until its reply begins: a client that
// reads slowly is not at work. If there are limit others, it counts the request
// as shed instead and returns false.
func EnterLimit(c echo.Context, running *atomic.Int64, limit int) bool {
	if running.Add(1) > int64(limit) {
		running.Add(-1)
		CountShed(c, "concurrency")
		return false
	}
	e := exchangeOf(c)
	e.entered = append(e.entered, running)
	return true
}

// leaveLimits is called as the reply begins, and at the end of a request that has none.
func (e *exchange) leaveLimits() {
	for _, running := range e.entered {
		running.Add(-1)
	}
	e.entered = nil
}

// budget is the service's own, or what the caller has left if that is less. The
// error is of a caller that has no time left, or does not say how much.
func (l *limiter) budget(r *http.Request) (time.Duration, error) {
	own := l.cfg.RequestTimeout
	given := r.Header[TimeoutHeader]
	if given == nil {
		return own, nil
	}
	left, err := decimal.Int(given[0])
	switch {
	case err != nil || len(given) > 1:
		return own, problem.InvalidParameters([]problem.Violation{{
			Parameter: TimeoutHeader, Detail: "must be given once, as a whole number of milliseconds",
		}})
	case left <= 0:
		return own, fmt.Errorf("%s is %d: %w", TimeoutHeader, left, context.DeadlineExceeded)
	}
	if left > own.Milliseconds() {
		return own, nil
	}
	return time.Duration(left) * time.Millisecond, nil
}
