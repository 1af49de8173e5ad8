package outbound

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"loadlab/internal/web"
	"loadlab/internal/web/problem"
)

// Client calls the work routes of one other service.
type Client struct {
	name string // of the callee, in errors
	base string
	http http.Client
}

// NewClient returns a client of the service called name under the base URL.
func NewClient(name, base string, transport *Transport) *Client {
	return &Client{name: name, base: base, http: http.Client{
		Transport:     transport.To(name),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Reply is what a work route answered.
type Reply struct {
	Service string          `json:"service"`
	Work    web.Spent       `json:"work"`
	Result  json.RawMessage `json:"result"`

	Body json.RawMessage `json:"-"` // all of it
	Call web.Call        `json:"-"` // its split has the services behind the callee in it
}

// maxReply bounds what is read of a reply.
const maxReply = 64 << 10

// Get calls the work route path with args and returns its reply.
//
// The error is the context's own when that ended the call, else a *problem.Problem
// that says what the caller's caller should know: 503 with Retry-After when the
// callee refuses for now, 504 when its time budget was spent, otherwise 502.
func (c *Client) Get(ctx context.Context, path string, args url.Values) (Reply, error) {
	measured, call := Measure(ctx)
	request, err := http.NewRequestWithContext(measured, http.MethodGet, c.base+path+"?"+args.Encode(), http.NoBody)
	if err != nil {
		return Reply{}, fmt.Errorf("call %s: %w", c.name, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Reply{}, c.unreachable(ctx, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply+1))
	if err != nil {
		return Reply{}, c.unreachable(ctx, err)
	}
	if response.StatusCode != http.StatusOK {
		return Reply{}, c.refusal(response)
	}
	reply := Reply{Body: body}
	reply.Call.Took, reply.Call.Own = call.End()
	if len(body) > maxReply {
		return Reply{}, c.badGateway("answered more than " + strconv.Itoa(maxReply) + " bytes")
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		return Reply{}, c.badGateway("answered what is not a reply of a work route").Because(err)
	}
	reply.Call.Split, _ = ReadTiming(response.Header) // without it the call is a plain wait
	return reply, nil
}

// unreachable distinguishes a call that its context ended from one that the callee did not answer.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("call %s: %w", c.name, context.Cause(ctx))
	}
	return c.badGateway("did not answer").Because(err)
}

func (c *Client) badGateway(what string) *problem.Problem {
	return problem.New(http.StatusBadGateway, "the callee "+c.name+" "+what)
}

func (c *Client) refusal(response *http.Response) error {
	detail := "the callee " + c.name + " answered " + response.Status
	switch response.StatusCode {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return problem.Shed(http.StatusServiceUnavailable, detail, RetryAfter(response.Header))
	case http.StatusGatewayTimeout:
		return problem.New(http.StatusGatewayTimeout, detail)
	}
	return problem.New(http.StatusBadGateway, detail)
}

// maxRetryAfter bounds how long a callee can send a caller away.
const maxRetryAfter = time.Hour

// RetryAfter returns the delay that the header asks for, or 0 if it asks for
// none in whole seconds (RFC 9110, section 10.2.3; dates are ignored).
func RetryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}
