package web

import (
	"context"

	"loadlab/internal/workmeter"
)

// EventLoop is the one thread of an event-driven server: while one request holds
// it, all others wait.
type EventLoop struct {
	slot chan struct{}
}

// NewEventLoop returns a free loop.
func NewEventLoop() *EventLoop { return &EventLoop{slot: make(chan struct{}, 1)} }

// Run calls fn while holding the loop. Waiting for the loop is queue. It
// returns the context's cause when ctx ends first.
func (l *EventLoop) Run(ctx context.Context, m *workmeter.Meter, fn func() error) error {
	err := m.Queue(func() error {
		select {
		case l.slot <- struct{}{}:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	if err != nil {
		return err
	}
	defer func() { <-l.slot }()
	return fn()
}
