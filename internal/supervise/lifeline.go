package supervise

import (
	"context"
	"io"
	"time"
)

// lifelineVariable tells a child that its standard input is its lifeline.
const lifelineVariable = "LAB_LIFELINE"

// exitAfter bounds how long a child runs after it was asked to stop. It is less
// than killAfter, and counts when the parent is no longer there to kill.
const exitAfter = 11 * time.Second

// Lifeline is for the child's side: the context ends when the parent stops the
// child or is gone. If the process is still there some seconds later, exit is
// called, which must end it. Without a supervisor the context is parent's.
func Lifeline(parent context.Context, getenv func(string) string, stdin io.Reader, exit func()) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	if getenv(lifelineVariable) == "" {
		return ctx, cancel
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin) // whatever ends it, the parent is gone
		cancel()
		time.AfterFunc(exitAfter, exit)
	}()
	return ctx, cancel
}
