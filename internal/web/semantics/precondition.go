package semantics

import (
	"errors"
	"iter"
	"net/http"
	"strings"

	"loadlab/internal/web/problem"
)

// A verdict on the preconditions of a request (RFC 9110, section 13.2.2).
const (
	met         = 0
	notModified = http.StatusNotModified
	failed      = http.StatusPreconditionFailed
)

// ErrNotModified is the answer 304 to a GET or HEAD whose precondition is false.
var ErrNotModified = errors.New("the representation has not changed")

// IsConditional reports whether the reply to r depends on If-Match or
// If-None-Match in a way that NewConditional evaluates. Dates do not count: RFC
// 9110 has a server ignore them for a resource without a Last-Modified, and the
// items, which have one, evaluate their preconditions themselves.
func IsConditional(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && hasCondition(r.Header)
}

func hasCondition(header http.Header) bool {
	return header["If-Match"] != nil || header["If-None-Match"] != nil
}

// CheckUntagged evaluates the preconditions of a request for a resource that
// has no entity tag. It is to be called when nothing else is wrong with the
// request, before anything is done. The error is a *problem.Problem or ErrNotModified.
func CheckUntagged(r *http.Request) error {
	if !hasCondition(r.Header) {
		return nil
	}
	switch evaluate(r, "") {
	case notModified:
		return ErrNotModified
	case failed:
		return preconditionFailed()
	}
	return nil
}

func preconditionFailed() *problem.Problem {
	return problem.New(http.StatusPreconditionFailed, "the current representation is not one that If-Match or If-None-Match asks for")
}

func evaluate(r *http.Request, etag string) int {
	if match := r.Header["If-Match"]; match != nil && !matches(match, etag, false) {
		return failed
	}
	if none := r.Header["If-None-Match"]; none != nil && matches(none, etag, true) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return notModified
		}
		return failed
	}
	return met
}

// matches reports whether the field names the representation with the tag, which
// is empty if it has none. A strong comparison takes no weak tag for equal.
func matches(field []string, etag string, weak bool) bool {
	list := strings.Join(field, ",")
	if strings.TrimSpace(list) == "*" {
		return true
	}
	opaque, isWeak := strings.CutPrefix(etag, "W/")
	if isWeak && !weak {
		return false
	}
	for tag := range tags(list) {
		if given, isWeak := strings.CutPrefix(tag, "W/"); given == opaque && (weak || !isWeak) {
			return true
		}
	}
	return false
}

// tags yields the entity tags of a list, up to something that is none. A tag may
// hold commas.
func tags(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			list = strings.TrimLeft(list, ", \t")
			opening := strings.IndexByte(list, '"')
			isWeak := opening == len("W/") && strings.HasPrefix(list, "W/")
			if opening != 0 && !isWeak {
				return
			}
			length := strings.IndexByte(list[opening+1:], '"')
			if length < 0 {
				return
			}
			end := opening + 1 + length + 1
			if !yield(list[:end]) {
				return
			}
			list = list[end:]
		}
	}
}

// Conditional turns a successful reply to GET or HEAD into 304 or 412 where a
// precondition asks for it. These methods change nothing, so the reply's own
// entity tag can be the one that is compared.
type Conditional struct {
	http.ResponseWriter
	r       *http.Request
	status  int
	dropped bool // the handler's body
}

// NewConditional returns a writer for the reply to r, which is conditional.
func NewConditional(w http.ResponseWriter, r *http.Request) *Conditional {
	return &Conditional{ResponseWriter: w, r: r}
}

// Status is that of the reply that was sent, or 0.
func (c *Conditional) Status() int { return c.status }

// WriteHeader implements http.ResponseWriter.
func (c *Conditional) WriteHeader(status int) {
	verdict := met
	if status >= 200 && status < 300 {
		verdict = evaluate(c.r, c.Header().Get("ETag"))
	}
	switch verdict {
	case met:
		c.status = status
		c.ResponseWriter.WriteHeader(status)
		return
	case notModified:
		for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding"} {
			c.Header().Del(name)
		}
		c.ResponseWriter.WriteHeader(notModified)
	case failed:
		for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Range", "ETag"} {
			c.Header().Del(name)
		}
		WriteError(c.ResponseWriter, preconditionFailed())
	}
	c.status, c.dropped = verdict, true
}

// Write implements http.ResponseWriter.
func (c *Conditional) Write(data []byte) (int, error) {
	if c.status == 0 {
		c.WriteHeader(http.StatusOK)
	}
	if c.dropped {
		return len(data), nil
	}
	return c.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (c *Conditional) Unwrap() http.ResponseWriter { return c.ResponseWriter }
