package gateway

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"

	"go.uber.org/zap"
)

// newProxy returns the reverse proxy to base. Which host a request goes to is
// fixed here; the path and the query are the client's.
func newProxy(base *url.URL, transport http.RoundTripper, log *zap.Logger) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(base)
			// The proxy drops parameters that it cannot parse; the service is to
			// see and refuse them.
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			// What the client claims about forwarding is gone by now.
			r.SetXForwarded()
			// No protocol but HTTP is spoken here, the body is at hand, and the
			// trace context is the gateway's own.
			for _, name := range []string{"Connection", "Upgrade", "Te", "Expect", "Tracestate"} {
				r.Out.Header.Del(name)
			}
		},
		Transport:    transport,
		BufferPool:   newBuffers(),
		ErrorLog:     zap.NewStdLog(log),
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) { forwardingOf(r.Context()).err = err },
	}
}

// copyBytes is how much of a reply is copied at once.
const copyBytes = 32 << 10

// buffers lends the proxy what it copies replies with.
type buffers struct{ pool sync.Pool }

func newBuffers() *buffers {
	return &buffers{pool: sync.Pool{New: func() any { return new([copyBytes]byte) }}}
}

// Get implements httputil.BufferPool.
func (b *buffers) Get() []byte { return b.pool.Get().(*[copyBytes]byte)[:] }

// Put implements httputil.BufferPool.
func (b *buffers) Put(buffer []byte) { b.pool.Put((*[copyBytes]byte)(buffer)) }
