package connection

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"loadlab/internal/arrival"
	"loadlab/loadgen/cause"
	"loadlab/loadgen/client"
	"loadlab/loadgen/record"
	"loadlab/loadgen/route"
)

// A Dialer opens plain connections, which send without net/http. They share its buffers: only one
// of them may be served at a time.
type Dialer struct {
	keepAlive bool
	route     *route.Router
	parser    client.Parser
	response  Response // to the latest request
	buf       []byte
	writer    *writer
}

// readBuffer holds a usual response; a longer body is read in pieces and not kept.
const readBuffer = 4 << 10

// NewDialer returns a dialer, whose router has no Unix socket. Without keepAlive each connection ends with its first response.
func NewDialer(keepAlive bool, router *route.Router) *Dialer {
	return &Dialer{keepAlive: keepAlive, route: router, buf: make([]byte, readBuffer), writer: newWriter()}
}

// Dial is a Dial.
func (d *Dialer) Dial(ctx context.Context, address string, timeout time.Duration) (Connection, error) {
	conn, err := d.route.Dial(ctx, net.Dialer{Timeout: timeout, KeepAlive: -1}, address)
	if err != nil {
		return nil, err
	}
	c := &plain{dialer: d, conn: arrival.NewConn(conn.(*net.TCPConn))} // a router without a Unix socket gives no other
	c.raw, _ = c.conn.SyscallConn()                                    // fails only without a connection
	return c, nil
}

// A plain connection is read by the goroutine that serves it, even while no response is due: the one
// that sends wakes no other, and the end of an idle connection is seen when it happens.
type plain struct {
	dialer  *Dialer
	conn    *arrival.Conn
	raw     syscall.RawConn
	pending pending
}

func (c *plain) Send(r Request) {
	c.pending.raise(r.Target.Method == "HEAD")
	if rest := c.dialer.writer.write(c.raw, &r); rest != nil {
		go func() { _, _ = c.conn.Write(rest) }() // ends with the connection
	}
}

func (c *plain) Interrupt() {
	_ = c.conn.SetReadDeadline(time.Unix(1, 0)) // fails only if the connection is gone, which wakes too
}

func (c *plain) Serve(ended Ended) {
	defer func() { _ = c.conn.Close() }() // nothing of it is wanted any more
	fresh := true                         // no byte of the response that is due has been read
	for {
		n, err := c.conn.Read(c.dialer.buf)
		due, head := c.pending.due()
		if !due {
			return // it has ended, or the server sends an unrequested reply
		}
		if fresh {
			c.dialer.parser.Reset(head)
			fresh = false
		}
		r := &c.dialer.response
		if !c.feed(r, c.dialer.buf[:n], err) {
			continue
		}
		fresh = true
		c.pending.lower()
		switch next, request := ended(r); {
		case !r.Keep || next == Close:
			return
		case next == Send:
			c.Send(*request)
		}
	}
}

// feed takes what a read returned. It reports whether the request is over, and how it ended in response.
func (c *plain) feed(response *Response, data []byte, err error) (over bool) {
	parser := &c.dialer.parser
	took, complete, problem := parser.Feed(data)
	if err != nil && !complete && problem == nil {
		complete = errors.Is(err, io.EOF) && parser.End() == nil
	}
	switch r := &parser.Response; {
	case complete:
		*response = Response{
			Outcome: judge(r.Status), Status: r.Status, Bytes: r.Bytes, Timing: r.Timing, Created: r.Created, Received: c.conn.Last(),
			Keep: err == nil && took == len(data) && !r.Close && c.dialer.keepAlive,
		}
	case problem != nil:
		*response = Response{Outcome: record.ProtocolError, Bytes: r.Bytes, Begun: true, Cause: cause.Of(problem)}
	case err != nil && parser.Started():
		*response = Response{Outcome: record.ProtocolError, Bytes: r.Bytes, Cut: true, Begun: true, Cause: cause.OfCut(err, r.Bytes)}
	case err != nil:
		*response = Response{Outcome: record.ConnectError, Cut: true, Cause: cause.Of(err)}
	default:
		return false
	}
	return true
}
