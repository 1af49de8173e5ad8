package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"loadlab/internal/outbound"
	"loadlab/internal/web"
)

var errReplyTooLarge = errors.New("reply too large")

// RoundTrip gets the reply to a request, retries included, whole with its
// body. It is the transport of the upstream's own proxy.
func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	x := forwardingOf(ctx)
	u.retrier.deposit()
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		response, err := u.try(withBody(r, body), x)
		failed := u.retrier.failed(response, err)
		if n > 1 {
			u.retrier.countSent(x.route, failed)
		}
		if !failed || !u.retrier.repeatable(r, x.keyed, err) {
			return response, err
		}
		pause, ok := u.retrier.allow(ctx, x.route, n)
		if !ok {
			return response, err
		}
		if err := x.meter.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// bodyOf returns the body, which is at hand, so that each attempt can have it.
func bodyOf(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the body again: %w", err)
	}
	return body, nil
}

func withBody(r *http.Request, body []byte) *http.Request {
	if len(body) == 0 {
		return r
	}
	r = r.WithContext(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// try makes one attempt, through the breaker, as a wait. The gateway's
// Server-Timing then tells where the service spent the time.
func (u *upstream) try(r *http.Request, x *forwarding) (response *http.Response, err error) {
	waitErr := x.meter.Wait("upstream", func() error {
		return u.breaker.do(func() health {
			response, err = u.send(r, x)
			return judge(r.Context(), x, response, err)
		})
	})
	if waitErr != nil {
		return nil, waitErr
	}
	web.Nest(r.Context(), x.call)
	return response, err
}

// send sends r once and reads the whole reply.
func (u *upstream) send(r *http.Request, x *forwarding) (*http.Response, error) {
	if limit := u.retrier.cfg.AttemptTimeout; limit > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		r = r.WithContext(ctx)
	}
	ctx, call := outbound.Measure(r.Context())
	x.call = web.Call{}
	response, err := u.transport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, u.maxReply+1))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, fmt.Errorf("read reply: %w", err)
	}
	x.call.Took, x.call.Own = call.End()
	x.call.Split, _ = outbound.ReadTiming(response.Header)
	if int64(len(body)) > u.maxReply {
		return nil, errReplyTooLarge
	}
	response.Body, response.TransferEncoding, response.Trailer = io.NopCloser(bytes.NewReader(body)), nil, nil
	if len(body) > 0 {
		response.ContentLength = int64(len(body))
		response.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return response, nil
}

// judge distinguishes a service that fails from one that answers, and from a
// client that leaves or gives less time than the route has: no client can open
// the breaker for others that way. A refusal with Retry-After is an answer: the
// service protects itself, and cutting off the rest would only add to it.
func judge(ctx context.Context, x *forwarding, response *http.Response, err error) health {
	switch {
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, errReplyTooLarge):
		return unknown
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && x.shortened:
		return unknown
	case err != nil:
		return failing
	}
	switch response.StatusCode {
	case http.StatusGatewayTimeout:
		if x.shortened {
			return unknown
		}
		return failing
	case http.StatusInternalServerError, http.StatusBadGateway:
		return failing
	case http.StatusServiceUnavailable:
		if response.Header.Get("Retry-After") == "" {
			return failing
		}
	}
	return healthy
}
