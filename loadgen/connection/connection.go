// Package connection sends HTTP requests over connections, one at a time on each.
//
// It knows requests, responses with sockets, and nothing of what they are sent for: a function
// of type Ended gets each response and returns what the connection does next.
package connection

import (
	"context"
	"errors"
	"net"
	"time"

	"loadlab/loadgen/cause"
	"loadlab/loadgen/client"
	"loadlab/loadgen/record"
	"loadlab/loadgen/target"
)

// A Connection carries one request at a time to one host.
type Connection interface {
	// Send begins a request and does not wait for the server. It may be called by any goroutine
	// while no request is under way. On a connection that has ended it does nothing.
	Send(Request)
	// Serve calls ended with each response until the connection ends. If it ends while no request is
	// under way, ended is not called: a Send that comes too late is the caller's to notice.
	Serve(ended Ended)
	// Interrupt ends the connection, with the request that is under way. It may be called by any
	// goroutine, and does not wait.
	Interrupt()
}

// Ended gets each response and returns what the connection does next, with the request if that is Send.
// After a response without Keep the connection closes, whatever is returned. The
// response is valid until Ended returns, the request until the next call.
type Ended func(*Response) (Action, *Request)

// Action is what a connection does after a response.
type Action uint8

// The actions.
const (
	Wait  Action = iota // for a call of Send
	Send                // the request that came with the action
	Close               // the connection
)

// Dial opens a connection to address, which is host:port. Connecting may take as long as the timeout.
type Dial func(ctx context.Context, address string, timeout time.Duration) (Connection, error)

// Request is one request as it is sent.
type Request struct {
	Target  *target.Target
	Seq     uint64 // fills {seq}
	Random  uint64 // fills {random}
	Created string // fills {created}
	Fill    *target.Fill
	User    *User // nil outside of a chain
	Trace   Trace
}

// Response is how a request ended.
type Response struct {
	Outcome record.Outcome
	Status  int   // 0 if there was no whole response
	Bytes   int64 // of the body
	Timing  client.Timing
	Created []byte // last element of the Location of a 201; valid until Ended returns
	// Received is when the kernel received it, in nanoseconds since 1970; 0 if that is unknown.
	Received int64
	// Cut says that the request ended with the connection, or could not be sent. The Outcome is then
	// what it means unless the connection was interrupted.
	Cut   bool
	Begun bool         // some of it had arrived when it was cut
	Cause *cause.Cause // why there was no whole response; nil if there was
	Keep  bool         // the connection can carry another request
	Read  time.Time    // when it was complete, if it was judged since then; else zero
}

// Refused is the response to a request for which Dial returned err.
func Refused(err error) Response {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return Response{Outcome: record.Timeout, Cut: true, Cause: cause.OfConnect(err)}
	}
	return Response{Outcome: record.ConnectError, Cut: true, Cause: cause.OfConnect(err)}
}

// Lost is the response to a request that was given to a connection which had ended.
func Lost() Response {
	return Response{Outcome: record.ConnectError, Cut: true, Cause: cause.Lost}
}

// judge is the outcome of a whole response.
func judge(status int) record.Outcome {
	if status >= 400 {
		return record.HTTPError
	}
	return record.OK
}
