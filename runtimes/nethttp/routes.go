// Package nethttp is the tutorial's server on Go's net/http, without a framework.
package nethttp

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"loadlab/internal/decimal"
	"loadlab/internal/web/semantics"
)

// Name is the name of the server in replies, metrics and traces.
const Name = "nethttp"

const (
	mostBody    = 64 << 10 // bytes; a larger body is answered 413
	longestWait = 60_000   // ms
	longestSpin = 10_000   // ms
)

// route is how long a route works by default, at most, and at what.
type route struct {
	ms, most float64 // milliseconds
	work     func(http.ResponseWriter, *http.Request, time.Duration) (map[string]any, error)
}

// routes has one line for each route. Add yours here.
func routes() map[string]route {
	return map[string]route{
		"/fast": {20, longestWait, wait},
		"/slow": {200, longestWait, wait},
		"/wait": {50, longestWait, wait},
		"/spin": {10, longestSpin, spin},
	}
}

var methods = []string{http.MethodDelete, http.MethodGet, http.MethodPost, http.MethodPut}

// newMux returns the server's routes without /metrics.
func newMux() http.Handler {
	mux := semantics.NewMux()
	for path, r := range routes() {
		for _, method := range methods {
			mux.Handle(method+" "+path, r)
		}
	}
	return mux
}

// ServeHTTP answers a request of the route after its delay.
func (r route) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, request.Body, mostBody)); err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body may have at most %d bytes", mostBody))
		return
	}
	d, blocking, err := r.parse(request.URL.RawQuery)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	result, err := r.work(w, request, d)
	if err != nil {
		return // the client has left
	}
	result["blocking"] = blocking
	write(w, http.StatusOK, "application/json", map[string]any{
		"service": Name, "method": request.Method, "route": request.URL.Path, "result": result,
	})
}

// parse reads the parameters. blocking changes nothing: every request has a
// goroutine of its own, so there is no event loop that a call could block.
func (r route) parse(query string) (d time.Duration, blocking bool, err error) {
	given, err := url.ParseQuery(query)
	if err != nil {
		return 0, false, fmt.Errorf("the query cannot be parsed: %w", err)
	}
	for name := range given {
		if !slices.Contains([]string{"blocking", "ms"}, name) {
			return 0, false, fmt.Errorf("%s: unknown parameter; known are blocking, ms", name)
		}
	}
	ms := r.ms
	if text := given.Get("ms"); given.Has("ms") {
		ms, err = decimal.Float(text)
		if err != nil || ms < 0 || ms > r.most {
			return 0, false, fmt.Errorf("ms must be a number of milliseconds from 0 to %v", r.most)
		}
	}
	if given.Has("blocking") && !slices.Contains([]string{"true", "false"}, given.Get("blocking")) {
		return 0, false, fmt.Errorf("blocking must be true or false")
	}
	return time.Duration(ms * float64(time.Millisecond)), given.Get("blocking") == "true", nil
}

// refuse answers with an error as RFC 9457 defines it.
func refuse(w http.ResponseWriter, status int, detail string) {
	write(w, status, "application/problem+json", map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail,
	})
}

func write(w http.ResponseWriter, status int, contentType string, body map[string]any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // it fails only if the client has left
}
