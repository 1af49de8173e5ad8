package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"loadlab/internal/env"
	"loadlab/internal/httpjson"
	"loadlab/internal/web/problem"
)

const (
	maxRequest = 1 << 20  // bytes of a body that goes to an upstream: a query, a patch
	maxAnswer  = 64 << 20 // bytes of an upstream's answer that is no stream
	eventsType = "text/event-stream"
)

// proxy passes requests on to the upstream, with the path behind the prefix.
func (c *console) proxy(name, prefix string, to Upstream) (http.Handler, error) {
	if !to.present() {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			httpjson.Problem(w, http.StatusNotFound, "this lab runs without "+name)
		}), nil
	}
	next := to.Handler
	if next == nil {
		base, err := env.ParseBaseURL(to.URL)
		if err != nil {
			return nil, fmt.Errorf("address of %s: %q is %w", name, to.URL, err)
		}
		next = reverse(name, base, to.away)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawPath != "" { // an encoded slash would be a slash to the upstream
			httpjson.Problem(w, http.StatusNotFound, "this path has characters that no name of "+name+" has")
			return
		}
		next.ServeHTTP(w, outgoing(w, r, prefix))
	}), nil
}

// outgoing is the request without what concerns the console alone.
func outgoing(w http.ResponseWriter, r *http.Request, prefix string) *http.Request {
	out := r.Clone(r.Context())
	out.URL.Path = strings.TrimPrefix(r.URL.Path, prefix)
	out.RequestURI = out.URL.RequestURI()
	out.Header = http.Header{}
	for _, name := range []string{"Accept", "Content-Type", "Content-Length", "Last-Event-Id"} {
		if values, ok := r.Header[name]; ok {
			out.Header[name] = values
		}
	}
	out.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	return out
}

// toPath sends every request to one path.
func toPath(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := r.Clone(r.Context())
		out.URL.Path = path
		next.ServeHTTP(w, out)
	})
}

// reverse asks a server over HTTP; away, which may be nil, is that of an Upstream.
func reverse(name string, base *url.URL, away func() string) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) },
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 8, MaxConnsPerHost: 32, IdleConnTimeout: time.Minute,
			ResponseHeaderTimeout: answerTime, DisableCompression: true,
		},
		ModifyResponse: restrict,
		ErrorLog:       log.New(io.Discard, "", 0), // the reply says it
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == context.Canceled {
				return // the reader is gone
			}
			status, detail := failure(name, err)
			if status == http.StatusBadGateway && away != nil {
				if why := away(); why != "" {
					status, detail = http.StatusServiceUnavailable, why
				}
			}
			httpjson.Problem(w, status, detail)
		},
	}
}

func failure(name string, err error) (status int, detail string) {
	switch known := problem.Of(err); {
	case known.Status < http.StatusInternalServerError: // the client's fault
		return known.Status, known.Detail
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout, fmt.Sprintf("%s has not answered in %v", name, answerTime)
	}
	return http.StatusBadGateway, fmt.Sprintf("%s does not answer: %v", name, err)
}

// restrict keeps of an answer what the page needs, in a size that it can hold.
func restrict(answer *http.Response) error {
	kept := http.Header{}
	for _, name := range []string{"Content-Type", "Content-Length", "Cache-Control", "Retry-After"} {
		if values, ok := answer.Header[name]; ok {
			kept[name] = values
		}
	}
	answer.Header = kept
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), eventsType) {
		answer.Body = &bounded{ReadCloser: answer.Body, left: maxAnswer}
	}
	return nil
}

// bounded is a body that fails instead of growing without end.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func (u Upstream) present() bool { return u.Handler != nil || u.URL != "" }
