// Package record counts what became of requests, with the time that each took.
package record

// Outcome is what became of a request that was sent.
type Outcome uint8

// The outcomes. Unfinished is what was in flight when the run ended.
const (
	OK Outcome = iota
	HTTPError
	Timeout
	ConnectError
	ProtocolError
	CheckFailed // a whole response for which a check of its target does not hold
	Unfinished
	outcomes int = iota
)

// String is the outcome as a metric label.
func (o Outcome) String() string {
	return [...]string{"ok", "http_error", "timeout", "connect_error", "protocol_error", "check", "unfinished"}[o]
}

// Drop is why a scheduled request was never sent.
type Drop uint8

// The reasons for a drop.
const (
	QueueFull  Drop = iota // no connection was free, nor a place to wait for one
	Deadline               // the time limit passed while it waited for a connection
	RunEnd                 // it still waited for a connection when the run ended
	NoResource             // its placeholder {created} could not be filled
	Late                   // the generator itself was later than the time limit
	LocalLimit             // the generator or its machine had no file descriptor, port or memory left for it
	drops      int  = iota
)

// String is the reason as a metric label.
func (d Drop) String() string {
	return [...]string{"queue_full", "deadline", "run_end", "no_resource", "late", "local_limit"}[d]
}

// Part is a part of the response time.
type Part uint8

// The parts. Their sum is the response time of every request.
const (
	Lag     Part = iota // the generator was late: to send, or to read what lay in its socket
	Blocked             // waiting for a free connection
	Connect             // opening the connection
	Network             // service time that the server does not account for
	Entry               // from the receipt by a service until its handler started; this and the next three by Server-Timing
	Queue               // the queue after that
	CPU
	Wait
	Unattributed     // service time of a request whose reply reports no split, or that got no reply
	Parts        int = iota
)

// String is the part as a metric label.
func (p Part) String() string {
	return [...]string{"lag", "blocked", "connect", "network", "entry", "queue", "cpu", "wait", "unattributed"}[p]
}
