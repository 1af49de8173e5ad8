package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/outbound"
	"loadlab/internal/web"
	"loadlab/internal/web/problem"
	"loadlab/internal/workmeter"
)

// upstream is the service behind one group of routes, with the limits that
// protect the two sides from each other.
type upstream struct {
	group     group
	transport http.RoundTripper
	proxy     *httputil.ReverseProxy
	running   atomic.Int64
	breaker   *breaker
	pause     time.Duration // of an open breaker
	retrier   *retrier
	maxReply  int64 // bytes
}

// forwarding is one request on its way through the gateway.
type forwarding struct {
	meter     *workmeter.Meter
	route     string   // template
	keyed     bool     // the route takes an Idempotency-Key
	shortened bool     // the client asked for a shorter time budget than the route's
	call      web.Call // the latest attempt
	err       error    // why there is no reply to pass on
}

type forwardingKey struct{}

func forwardingOf(ctx context.Context) *forwarding {
	return ctx.Value(forwardingKey{}).(*forwarding) // handle puts it there for every request
}

// handle forwards the requests of one route, each with a time budget.
func (u *upstream) handle(route string, keyed bool, budget time.Duration) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !web.EnterLimit(c, &u.running, u.group.concurrency) {
			return problem.Shed(http.StatusServiceUnavailable, "the group "+u.group.prefix+" has "+
				strconv.Itoa(u.group.concurrency)+" requests in progress, which is its limit", time.Second)
		}
		r := c.Request()
		x := &forwarding{meter: web.Meter(c), route: route, keyed: keyed, shortened: r.Header.Get(web.TimeoutHeader) != ""}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), forwardingKey{}, x), budget)
		defer cancel()
		u.proxy.ServeHTTP(c.Response(), r.WithContext(ctx))
		if errors.Is(x.err, errOpen) {
			web.CountShed(c, "breaker")
			return problem.Shed(http.StatusServiceUnavailable, "the circuit breaker of "+u.group.service+
				" is open, because too many of its requests have failed", u.pause)
		}
		return u.explain(ctx, x.err)
	}
}

// explain turns a failure to get a reply into the error that the client receives.
func (u *upstream) explain(ctx context.Context, err error) error {
	service := "the service " + u.group.service
	switch {
	case err == nil:
		return nil
	case outbound.IsRefusal(err) && !errors.Is(ctx.Err(), context.Canceled):
		return problem.New(http.StatusBadGateway, service+" takes no connections").Because(err)
	case ctx.Err() != nil:
		return fmt.Errorf("forward to %s: %w", u.group.service, ctx.Err())
	case errors.Is(err, errReplyTooLarge):
		return problem.New(http.StatusBadGateway, service+" answered more than "+strconv.FormatInt(u.maxReply, 10)+" bytes").Because(err)
	case errors.Is(err, context.DeadlineExceeded):
		return problem.New(http.StatusGatewayTimeout, service+" did not answer in the time of one attempt").Because(err)
	}
	return problem.New(http.StatusBadGateway, service+" cannot be reached").Because(err)
}
