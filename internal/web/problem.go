package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// StatusClientClosed is logged and counted when the client went away before
// the reply; no client ever sees it. The number is nginx's.
const StatusClientClosed = 499

// Problem is an error that a client may read, as RFC 9457 defines it.
type Problem struct {
	Type    string      `json:"type"`
	Title   string      `json:"title"`
	Status  int         `json:"status"`
	Detail  string      `json:"detail,omitempty"`
	TraceID string      `json:"trace_id,omitempty"`
	Errors  []Violation `json:"errors,omitempty"`

	// RetryAfter is sent as a header, in whole seconds, when it is not zero.
	RetryAfter time.Duration `json:"-"`
	// Cause is logged and never sent.
	Cause error `json:"-"`
}

// Violation is one parameter that cannot be used.
type Violation struct {
	Parameter string `json:"parameter"`
	Detail    string `json:"detail"`
}

// NewProblem returns a problem with the standard title of status.
func NewProblem(status int, detail string) *Problem {
	title := http.StatusText(status)
	if status == StatusClientClosed {
		title = "Client Closed Request"
	}
	return &Problem{Type: "about:blank", Title: title, Status: status, Detail: detail}
}

// InvalidParameters returns the 400 that names every parameter that cannot be
// used, in alphabetical order.
func InvalidParameters(violations []Violation) *Problem {
	slices.SortStableFunc(violations, func(a, b Violation) int { return strings.Compare(a.Parameter, b.Parameter) })
	parts := make([]string, len(violations))
	for i, v := range violations {
		parts[i] = v.Parameter + " " + v.Detail
	}
	problem := NewProblem(http.StatusBadRequest, strings.Join(parts, "; "))
	problem.Errors = violations
	return problem
}

// Shed returns the problem of a request that is refused to protect the service.
func Shed(status int, detail string, retryAfter time.Duration) *Problem {
	p := NewProblem(status, detail)
	p.RetryAfter = retryAfter
	return p
}

// Because returns a copy of p with a cause for the log.
func (p *Problem) Because(err error) *Problem {
	q := *p
	q.Cause = err
	return &q
}

func (p *Problem) Error() string {
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	if p.Cause != nil {
		text += ": " + p.Cause.Error()
	}
	return text
}

func (p *Problem) Unwrap() error { return p.Cause }

// toProblem is the one place where errors become statuses.
func toProblem(ctx context.Context, err error) *Problem {
	var problem *Problem
	var tooLarge *http.MaxBytesError
	var framework *echo.HTTPError
	switch {
	case errors.As(err, &problem):
		copied := *problem
		return &copied
	case errors.Is(ctx.Err(), context.Canceled) && (errors.Is(err, context.Canceled) || errors.Is(err, http.ErrAbortHandler)):
		return NewProblem(StatusClientClosed, "").Because(err)
	case errors.Is(err, context.DeadlineExceeded):
		return NewProblem(http.StatusGatewayTimeout, "the time budget of the request is spent").Because(err)
	case errors.As(err, &tooLarge):
		return NewProblem(http.StatusRequestEntityTooLarge,
			"the body is larger than the "+strconv.FormatInt(tooLarge.Limit, 10)+" bytes allowed").Because(err)
	case errors.As(err, &framework):
		return frameworkProblem(framework)
	}
	return NewProblem(http.StatusInternalServerError, "").Because(err)
}

func frameworkProblem(err *echo.HTTPError) *Problem {
	switch err.Code {
	case http.StatusNotFound:
		return NewProblem(err.Code, "no such route; GET / lists the routes")
	case http.StatusMethodNotAllowed:
		return NewProblem(err.Code, "the route does not take this method; the Allow header names those it takes")
	}
	return NewProblem(err.Code, "").Because(err.Internal)
}

// writeProblem sends p unless a reply has begun or there is nobody to read it.
func writeProblem(c echo.Context, p *Problem) error {
	response := c.Response()
	if response.Committed {
		return nil
	}
	if p.Status == StatusClientClosed {
		response.Status = StatusClientClosed
		return nil
	}
	if p.RetryAfter > 0 {
		seconds := max(1, int((p.RetryAfter+time.Second-1)/time.Second))
		response.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.Blob(p.Status, "application/problem+json", body)
}
