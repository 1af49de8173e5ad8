// Package problem describes errors that a client may read, as RFC 9457 defines them.
package problem

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
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

// New returns a problem with the standard title of status.
func New(status int, detail string) *Problem {
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
	p := New(http.StatusBadRequest, strings.Join(parts, "; "))
	p.Errors = violations
	return p
}

// Of returns the problem that err is or wraps, that of a body over its limit, or
// a 500 whose cause is err.
func Of(err error) *Problem {
	var known *Problem
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		copied := *known
		return &copied
	case errors.As(err, &large):
		return New(http.StatusRequestEntityTooLarge,
			"the body is larger than the "+strconv.FormatInt(large.Limit, 10)+" bytes allowed").Because(err)
	}
	return New(http.StatusInternalServerError, "").Because(err)
}

// Shed returns the problem of a request that is refused to protect the service.
func Shed(status int, detail string, retryAfter time.Duration) *Problem {
	p := New(status, detail)
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
