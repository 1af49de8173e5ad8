// Package supervise keeps child processes running for as long as their parent lives.
//
// The life of one child:
//
//	start -> ready -> (it ends on its own) -> wait with back-off -> start
//	                  (the parent stops it) -> its standard input ends -> it drains -> killed if it is too slow
//	                  (the parent restarts it) -> the same -> start
//
// A child watches its standard input, which the parent never writes to: it ends
// when the parent does, however that came about. On Linux the kernel, too, kills
// a child whose parent is gone.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"sync"
	"time"
)

const (
	firstDelay  = 250 * time.Millisecond
	longest     = 10 * time.Second
	steadyAfter = 10 * time.Second // a child that ran for so long starts again at once
	readyEvery  = 20 * time.Millisecond
	killAfter   = 12 * time.Second // more than the children's own deadline for draining
)

// Process describes a child.
type Process struct {
	Name string
	Args []string  // of the executable
	Env  []string  // its whole environment, as NAME=value
	Log  io.Writer // takes its standard output and error
	// Ready returns nil when the child can be used; nil if it always can.
	Ready func(context.Context) error
	// Fatal are exit codes after which a child that never was ready is not
	// started again: it is not meant to run as it is configured.
	Fatal []int
	// Done are exit codes after which the child's work is complete.
	Done []int
}

// EventKind says what happened to a child.
type EventKind int

// What happens to a child.
const (
	Started EventKind = iota
	Ready
	Ended   // on its own; Delay says when it starts again, 0 that it does not
	Stopped // because the parent wanted it, for good or to start it again
)

// Event is something that happened to a child.
type Event struct {
	Process string
	Kind    EventKind
	PID     int
	After   time.Duration // since its start
	Cause   error         // why it ended; nil for exit code 0
	Delay   time.Duration // until it starts again; 0 if it does not
}

// Supervisor runs children of one executable.
type Supervisor struct {
	Executable string
	Report     func(Event) // called from several goroutines, one at a time for each child

	startOnce sync.Once
	start     chan func()

	mu       sync.Mutex
	children map[string]*supervised // of each Run, by name
}

// FatalError is a child that cannot run as it is configured.
type FatalError struct {
	Process string
	Cause   error
}

func (e *FatalError) Error() string { return e.Process + ": " + e.Cause.Error() }

// Unwrap returns how the child ended.
func (e *FatalError) Unwrap() error { return e.Cause }

// Run keeps p running until ctx ends, then stops it and returns nil. It returns
// nil earlier when p's work is done, and a *FatalError when p cannot run at all.
func (s *Supervisor) Run(ctx context.Context, p Process) error {
	c := newSupervised()
	defer s.register(p.Name, c)()
	delay := firstDelay
	for {
		event, stopped := s.runOnce(ctx, p, c)
		if stopped {
			event.Kind = Stopped
			if slices.Contains(p.Done, exitCode(event.Cause)) {
				event.Cause = nil // it was complete
			}
			s.Report(event)
			if ctx.Err() != nil {
				return nil
			}
			continue
		}
		var fatal *FatalError
		if errors.As(event.Cause, &fatal) {
			return fatal
		}
		if event.After >= steadyAfter {
			delay = firstDelay
		}
		event.Kind, event.Delay = Ended, delay
		if event.PID != 0 && slices.Contains(p.Done, exitCode(event.Cause)) {
			event.Delay = 0
			s.Report(event)
			return nil
		}
		s.Report(event)
		select {
		case <-ctx.Done():
			return nil
		case wanted := <-c.restarts:
			c.await(wanted)
		case <-time.After(delay):
		}
		delay = min(2*delay, longest)
	}
}

// runOnce starts p and waits for its end; stopped says that the end was wanted.
func (s *Supervisor) runOnce(ctx context.Context, p Process, c *supervised) (_ Event, stopped bool) {
	command := exec.Command(s.Executable, p.Args...) //nolint:noctx // a context would kill it; it is asked to drain first
	command.Env = append(append([]string{}, p.Env...), lifelineVariable+"=stdin")
	command.Stdout, command.Stderr = p.Log, p.Log
	command.SysProcAttr = attributes()
	event := Event{Process: p.Name}
	lifeline, err := command.StdinPipe()
	if err == nil {
		err = s.onThread(command.Start)
	}
	if err != nil {
		event.Cause = fmt.Errorf("start: %w", err)
		return event, ctx.Err() != nil
	}
	began := time.Now()
	event.PID = command.Process.Pid
	s.Report(Event{Process: p.Name, Kind: Started, PID: event.PID})
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	watching, stopWatching := context.WithCancel(ctx)
	becameReady := make(chan bool, 1)
	go func() {
		ready := s.awaitReady(watching, p, event.PID, began)
		if ready {
			c.ready()
		}
		becameReady <- ready
	}()
	select {
	case event.Cause = <-ended:
	case <-ctx.Done():
		stopped = true
		event.Cause = drain(command, lifeline, ended)
	case wanted := <-c.restarts:
		stopped = true
		stopWatching() // it is ready no more
		event.Cause = drain(command, lifeline, ended)
		defer c.await(wanted)
	}
	stopWatching()
	wasReady := <-becameReady
	event.After = time.Since(began)
	if !stopped && !wasReady && slices.Contains(p.Fatal, exitCode(event.Cause)) {
		event.Cause = &FatalError{Process: p.Name, Cause: event.Cause}
	}
	return event, stopped
}

// drain ends the lifeline and, if the child stays, the child.
func drain(command *exec.Cmd, lifeline io.Closer, ended <-chan error) error {
	_ = lifeline.Close() // it fails only if the child has closed its end already
	timer := time.NewTimer(killAfter)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		_ = command.Process.Kill() // it fails only if the child has ended
		<-ended                    //nolint:errcheck // the kill is what there is to report
		return fmt.Errorf("killed: it did not stop within %v", killAfter)
	}
}

// awaitReady reports when p is ready, and whether it ever was.
func (s *Supervisor) awaitReady(ctx context.Context, p Process, pid int, began time.Time) bool {
	ticker := time.NewTicker(readyEvery)
	defer ticker.Stop()
	for p.Ready != nil && p.Ready(ctx) != nil {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
	}
	if ctx.Err() != nil {
		return false
	}
	s.Report(Event{Process: p.Name, Kind: Ready, PID: pid, After: time.Since(began)})
	return true
}

// exitCode is that of a child that ended with cause, -1 if it has none.
func exitCode(cause error) int {
	var exit *exec.ExitError
	switch {
	case cause == nil:
		return 0
	case errors.As(cause, &exit):
		return exit.ExitCode()
	}
	return -1
}
