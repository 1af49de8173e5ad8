package supervise

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrUnknown is the error of Restart for a child that Run does not have.
var ErrUnknown = errors.New("no such process")

// supervised is how Restart reaches the goroutine of Run.
type supervised struct {
	restarts chan chan struct{} // each takes a channel that is closed when the next process is ready

	mu      sync.Mutex
	awaited []chan struct{}
}

func newSupervised() *supervised { return &supervised{restarts: make(chan chan struct{})} }

// await has ready close wanted.
func (c *supervised) await(wanted chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.awaited = append(c.awaited, wanted)
}

// ready tells those that wait for the process.
func (c *supervised) ready() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, wanted := range c.awaited {
		close(wanted)
	}
	c.awaited = nil
}

func (s *Supervisor) register(name string, c *supervised) (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.children == nil {
		s.children = map[string]*supervised{}
	}
	s.children[name] = c
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.children, name)
	}
}

// Restart has the child of that name drain and end, starts it again at once, and
// returns when it is ready. The error is that of ctx if that ends first, which
// does not stop the restart; it wraps ErrUnknown if Run has no such child.
func (s *Supervisor) Restart(ctx context.Context, name string) error {
	s.mu.Lock()
	c := s.children[name]
	s.mu.Unlock()
	if c == nil {
		return fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	ready := make(chan struct{})
	select {
	case c.restarts <- ready:
	case <-ctx.Done():
		return fmt.Errorf("restart %s: %w", name, context.Cause(ctx))
	}
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s is not ready again: %w", name, context.Cause(ctx))
	}
}
