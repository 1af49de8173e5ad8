package web

import (
	"context"
	"sync"
	"time"
)

// budget is a context with a deadline whose timer is made when something first
// waits for it: a timer per request would cost more than its route's lookup, its
// limits and its faults together, and most requests end without having looked.
type budget struct {
	context.Context // the client's, with the trace in it
	deadline        time.Time

	mu     sync.Mutex
	timed  context.Context // nil until something waits
	cancel context.CancelFunc
	ended  bool
}

// begin sets the budget of a request to d, or to what parent leaves of that.
func (b *budget) begin(parent context.Context, d time.Duration) {
	b.Context, b.deadline = parent, time.Now().Add(d)
	if earlier, ok := parent.Deadline(); ok && earlier.Before(b.deadline) {
		b.deadline = earlier
	}
}

// Deadline returns the end of the time budget.
func (b *budget) Deadline() (time.Time, bool) { return b.deadline, true }

// Done returns a channel that is closed at the deadline, when the client goes
// away, or when the request has been answered.
func (b *budget) Done() <-chan struct{} { return b.arm().Done() }

// DoneWithin is Done for a caller that waits for no longer than d: if that is
// over before the deadline, only the client can end it.
func (b *budget) DoneWithin(d time.Duration) <-chan struct{} {
	if time.Until(b.deadline) > d {
		return b.Context.Done()
	}
	return b.Done()
}

// Err returns why the context is done, or nil.
func (b *budget) Err() error {
	b.mu.Lock()
	timed := b.timed
	b.mu.Unlock()
	if timed != nil {
		return timed.Err()
	}
	if err := b.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(b.deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// Value is what the context with the timer says, so that package context finds
// its own kind in it and derived contexts need no goroutine.
func (b *budget) Value(key any) any {
	b.mu.Lock()
	timed := b.timed
	b.mu.Unlock()
	if timed != nil {
		return timed.Value(key)
	}
	return b.Context.Value(key)
}

func (b *budget) arm() context.Context {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timed == nil {
		b.timed, b.cancel = context.WithDeadline(b.Context, b.deadline)
		if b.ended {
			b.cancel()
		}
	}
	return b.timed
}

// end frees the timer and ends whatever still waits.
func (b *budget) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	if b.cancel != nil {
		b.cancel()
	}
}
