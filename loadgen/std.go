package loadgen

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"

	"loadlab/internal/arrival"
	"loadlab/loadgen/client"
	"loadlab/loadgen/record"
	"loadlab/loadgen/target"
)

// A stdClient sends requests through net/http, for TLS with HTTP/2. It opens the
// connections itself; ours only bound how many requests are under way.
type stdClient struct {
	transport *http.Transport
}

func newStdClient(cfg Config) *stdClient {
	dialer := net.Dialer{Timeout: cfg.Timeout}
	return &stdClient{transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if tcp, ok := conn.(*net.TCPConn); ok {
				return arrival.NewConn(tcp), err
			}
			return conn, err
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    cfg.Timeout,
		MaxIdleConns:           0, // the number of our connections is the limit
		MaxIdleConnsPerHost:    1 << 20,
		DisableKeepAlives:      cfg.NoKeepAlive,
		DisableCompression:     true,
		MaxResponseHeaderBytes: client.MaxHead,
		ForceAttemptHTTP2:      true,
	}}
}

func (c *stdClient) close() { c.transport.CloseIdleConnections() }

// runStd sends the connection's jobs, one after another.
func (c *connection) runStd() {
	c.takeFirst()
	for {
		outcome, r := c.roundTrip()
		switch c.finish(outcome, r, outcome != record.Timeout) {
		case end:
			return
		case reconnect:
			c.takeFirst()
		case again:
		case rest:
			select {
			case <-c.work:
			case <-c.stopped.Done():
				if c.leave() {
					return
				}
				<-c.work
			}
		}
	}
}

// takeFirst makes the connection busy with the job that it was given.
func (c *connection) takeFirst() {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	if !c.shard.closed && c.stopped.Err() != nil { // a time limit ended the last job
		c.stopped, c.stop = context.WithCancel(c.shard.engine.alive)
	}
	c.job.sent = c.shard.engine.clock.now()
	c.begin(c.job)
}

// oneShot is a body that net/http cannot send again: it would otherwise repeat
// a request silently when a connection it had kept was closed by the server.
type oneShot struct{ io.Reader }

func (oneShot) Close() error { return nil }

func (c *connection) roundTrip() (record.Outcome, response) {
	ctx := c.stopped
	var conn net.Conn
	request, err := c.request(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { conn = info.Conn },
	}))
	if err != nil {
		return c.lostStd(err, false), response{}
	}
	reply, err := c.std.transport.RoundTrip(request)
	if err != nil {
		return c.lostStd(err, false), response{}
	}
	n, err := io.Copy(io.Discard, reply.Body)
	_ = reply.Body.Close() // it has been read, or has failed already
	if err != nil {
		return c.lostStd(err, true), response{bytes: n}
	}
	r := response{received: receivedBy(conn), status: reply.StatusCode, bytes: n, timing: client.ParseTiming([]byte(strings.Join(reply.Header.Values("Server-Timing"), ",")))}
	if reply.StatusCode == http.StatusCreated {
		r.created = client.CreatedName([]byte(reply.Header.Get("Location")))
	}
	return judge(r.status), r
}

// receivedBy is when the kernel received the response on conn. Below TLS that
// is unknown, since one connection may carry many responses at once.
func receivedBy(conn net.Conn) int64 {
	if plain, ok := conn.(*arrival.Conn); ok {
		return plain.Last()
	}
	return 0
}

func (c *connection) request(ctx context.Context) (*http.Request, error) {
	j := &c.job
	c.trace = j.appendTraceparent(c.trace[:0])
	c.values = target.Values{Seq: j.seq, Random: j.random, Created: []byte(j.created)}
	url, headers, body := j.endpoint.Render(&c.values)
	request, err := http.NewRequestWithContext(ctx, j.endpoint.Method, url, nil)
	if err != nil {
		return nil, err
	}
	request.Body, request.ContentLength = oneShot{strings.NewReader(body)}, int64(len(body))
	for _, h := range headers {
		request.Header.Add(h.Name, h.Value)
	}
	request.Header.Set("Traceparent", string(c.trace))
	return request, nil
}

// lostStd says what err means for the job; begun, that a response had arrived in part.
func (c *connection) lostStd(err error, begun bool) record.Outcome {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	var op *net.OpError
	var timeout net.Error
	switch {
	case c.expired:
		return record.Timeout
	case c.shard.closed:
		return record.Unfinished
	case errors.As(err, &timeout) && timeout.Timeout():
		return record.Timeout
	case !begun && (errors.Is(err, io.EOF) || errors.As(err, &op)):
		return record.ConnectError
	}
	return record.ProtocolError
}
