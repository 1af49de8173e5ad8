package connection

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"loadlab/internal/arrival"
	"loadlab/loadgen/cause"
	"loadlab/loadgen/client"
	"loadlab/loadgen/record"
	"loadlab/loadgen/route"
	"loadlab/loadgen/target"
)

// A Transport sends requests through net/http, for all that the plain connections cannot do. It opens the
// connections itself; those that Dial returns only bound how many requests are under way.
type Transport struct {
	transport *http.Transport
	protocols protocols
	redirects Redirects
	followed  atomic.Uint64 // redirects
	onlyHTTP2 bool
}

// NewTransport returns a transport whose connecting and handshake may each take as long as the timeout, 0
// meaning as long as they need.
func NewTransport(timeout time.Duration, keepAlive bool, router *route.Router) *Transport {
	dialer := net.Dialer{Timeout: timeout}
	options := router.Options()
	security := options.TLS
	if security == nil {
		security = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return &Transport{onlyHTTP2: options.HTTP == route.HTTP2, transport: &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			conn, err := router.Dial(ctx, dialer, address)
			if tcp, ok := conn.(*net.TCPConn); ok {
				return arrival.NewConn(tcp), err
			}
			return conn, err
		},
		TLSClientConfig:        security.Clone(), // the transport adds the protocols that it offers
		TLSHandshakeTimeout:    timeout,
		MaxIdleConns:           0, // the number of our connections is the limit
		MaxIdleConnsPerHost:    1 << 20,
		DisableKeepAlives:      !keepAlive,
		DisableCompression:     true,
		MaxResponseHeaderBytes: client.MaxHead,
		Protocols:              spoken(options.HTTP),
	}}
}

var errNotHTTP2 = errors.New("the server does not speak HTTP/2")

// Dial is a Dial that returns at once: a request opens the connection that it needs.
func (t *Transport) Dial(ctx context.Context, _ string, _ time.Duration) (Connection, error) {
	c := &transported{Transport: t, requests: make(chan Request, 1)}
	c.ctx, c.interrupt = context.WithCancel(ctx)
	return c, nil
}

// Close closes the idle connections.
func (t *Transport) Close() { t.transport.CloseIdleConnections() }

// transported is a place for one request at a time on a transport.
type transported struct {
	*Transport
	ctx       context.Context
	interrupt context.CancelFunc
	requests  chan Request // has room for the one that may be under way
	trace     []byte
	body      bytes.Buffer // of the latest response, if it is needed
	values    target.Values
	answered  atomic.Bool // the latest request, or redirected request, has begun to be answered
}

func (c *transported) Send(r Request) { c.requests <- r }

func (c *transported) Interrupt() { c.interrupt() }

func (c *transported) Serve(ended Ended) {
	defer c.interrupt() // frees the context
	for {
		select {
		case request := <-c.requests:
			for next, sent := Send, &request; next == Send; {
				r := c.roundTrip(sent)
				r.Keep = r.Outcome != record.Timeout
				if next, sent = ended(&r); next == Close || !r.Keep {
					return
				}
			}
		case <-c.ctx.Done():
			return
		}
	}
}

// oneShot is a body that net/http cannot send again: it would otherwise repeat
// a request silently when a connection it had kept was closed by the server.
type oneShot struct{ io.Reader }

func (oneShot) Close() error { return nil }

func (c *transported) roundTrip(sent *Request) Response {
	var conn net.Conn
	c.answered.Store(false)
	request, err := c.request(httptrace.WithClientTrace(c.ctx, &httptrace.ClientTrace{
		GotConn:              func(info httptrace.GotConnInfo) { conn = info.Conn },
		GotFirstResponseByte: func() { c.answered.Store(true) },
	}), sent)
	if err != nil {
		return failed(err, false)
	}
	reply, err := c.exchange(request, sent.User)
	var refused *refusedRedirect
	if errors.As(err, &refused) {
		return refused.response(reply.StatusCode)
	}
	if err != nil {
		return failed(err, false)
	}
	if reply.StatusCode == http.StatusSwitchingProtocols {
		_ = reply.Body.Close() // it would be the connection itself
		return failed(client.ErrSwitch, true)
	}
	if c.onlyHTTP2 && reply.ProtoMajor != 2 { // TLS without ALPN
		_ = reply.Body.Close() // what it says is not wanted
		return failed(errNotHTTP2, true)
	}
	c.protocols.count(reply)
	n, err := c.read(reply.Body, sent.Target.ReadsBody())
	_ = reply.Body.Close() // it has been read, or has failed already
	if err != nil {
		r := failed(err, true)
		r.Bytes, r.Cause = n, cause.OfCut(err, n)
		return r
	}
	r := Response{
		Outcome: judge(reply.StatusCode), Status: reply.StatusCode, Bytes: n, Received: receivedBy(conn, reply),
		Timing: client.ParseTiming([]byte(strings.Join(reply.Header.Values("Server-Timing"), ","))),
	}
	if reply.StatusCode == http.StatusCreated {
		r.Created = client.CreatedName([]byte(reply.Header.Get("Location")))
	}
	if len(sent.Target.Checks) > 0 || len(sent.Target.Extract) > 0 {
		c.judge(&r, sent, reply)
	}
	return r
}

// receivedBy is when the kernel received the response on conn. Below TLS that
// is unknown, and with HTTP/2, where one connection may carry many responses at once.
func receivedBy(conn net.Conn, reply *http.Response) int64 {
	if plain, ok := conn.(*arrival.Conn); ok && reply.ProtoMajor == 1 {
		return plain.Last()
	}
	return 0
}

func (c *transported) request(ctx context.Context, r *Request) (*http.Request, error) {
	c.trace = r.Trace.appendTraceparent(c.trace[:0])
	c.values = target.Values{Seq: r.Seq, Random: r.Random, Created: []byte(r.Created), Fill: r.Fill}
	url, headers, body := r.Target.Render(&c.values)
	request, err := http.NewRequestWithContext(ctx, r.Target.Method, url, nil)
	if err != nil {
		return nil, err
	}
	request.Body, request.ContentLength = oneShot{strings.NewReader(body)}, int64(len(body))
	if body == "" && r.Target.HasBody() {
		// Of an empty body that it does not know net/http makes chunks instead of Content-Length: 0. It may send
		// such a request again, but only if it could write none of it.
		request.Body = http.NoBody
	}
	if c.redirects.Most > 0 {
		request.GetBody = func() (io.ReadCloser, error) { return c.again(request.Body, body) }
	}
	for _, h := range headers {
		request.Header.Add(h.Name, h.Value)
	}
	request.Host = r.Target.Authority(&c.values)
	request.Header.Set("Traceparent", string(c.trace))
	return request, nil
}

// again is the body to be sent again, where a redirect says so (307, 308). For a request that has no response
// yet, net/http wants it because the connection has ended, and must not repeat that request silently.
func (c *transported) again(first io.ReadCloser, body string) (io.ReadCloser, error) {
	if !c.answered.Load() {
		return nil, io.EOF
	}
	if first == http.NoBody {
		return first, nil
	}
	return oneShot{strings.NewReader(body)}, nil
}

// failed says what err means; begun, that a response had arrived in part.
func failed(err error, begun bool) Response {
	r := Response{Outcome: record.ProtocolError, Cut: true, Begun: begun, Cause: cause.Of(err)}
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		r.Outcome = record.Timeout
		if errors.As(err, &op) && op.Op == "dial" {
			r.Cause = cause.OfConnect(err)
		}
	case !begun && (errors.Is(err, io.EOF) || errors.As(err, &op) || handshakeFailed(err)):
		r.Outcome = record.ConnectError
	}
	return r
}

// handshakeFailed reports whether err is about a TLS connection that was never established.
func handshakeFailed(err error) bool {
	var certificate *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	return errors.As(err, &certificate) || errors.As(err, &header) || errors.Is(err, http.ErrSchemeMismatch)
}
