package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"loadlab/experiments/run"
	"loadlab/internal/supervise"
)

// execution is one experiment from its start to its end.
type execution struct {
	runner *Runner
	cancel context.CancelFunc
	shown  Running // under the runner's mutex
	output *output
	ending *run.Ending // as the child reports it; read when the child has ended
}

// measure runs the child, with the tour paused, and reports how it ended.
func (r *execution) measure(ctx context.Context) Ended {
	resume, err := pauseLoad(ctx, r.runner.cfg.Load)
	if err != nil {
		return r.endedBecause(fmt.Sprintf("the tour cannot be paused for the experiment: %v", err))
	}
	defer resume()
	r.runner.mu.Lock()
	r.shown.Paused = r.runner.cfg.Load != ""
	r.runner.mu.Unlock()
	r.output = newOutput(r.line)
	var cause error
	supervisor := &supervise.Supervisor{Executable: r.runner.cfg.Executable, Report: func(e supervise.Event) {
		if e.Kind == supervise.Ended || e.Kind == supervise.Stopped {
			cause = e.Cause
			r.cancel() // it runs once
		}
	}}
	if err := supervisor.Run(ctx, r.runner.process(r)); err != nil {
		cause = err
	}
	r.runner.mu.Lock()
	stopped := r.shown.Stopping
	r.runner.mu.Unlock()
	switch {
	case r.ending == nil && stopped:
		return r.endedBecause("it was stopped before anything was measured")
	case r.ending == nil:
		return r.endedBecause(r.output.why(cause))
	}
	return Ended{Name: r.shown.Name, Title: r.shown.Title, Run: r.shown.Run, Ending: r.ending}
}

func (r *execution) endedBecause(why string) Ended {
	return Ended{Name: r.shown.Name, Title: r.shown.Title, Failed: why}
}

// line takes a line of the child's output, and says whether it is an event.
func (r *execution) line(text []byte) bool {
	var e run.Event
	if json.Unmarshal(text, &e) != nil || e.Run == "" {
		return false
	}
	r.runner.mu.Lock()
	defer r.runner.mu.Unlock()
	r.shown.Run = e.Run
	switch {
	case e.Next != nil:
		r.shown.Next, r.shown.Asked = e.Next, time.Now()
	case e.Measured != nil:
		r.shown.Points = append(r.shown.Points, *e.Measured)
	case e.Ended != nil:
		r.ending = e.Ended
	}
	return true
}

// maxWords bounds what is kept of a child's output besides its events, in bytes.
const maxWords = 2 << 10

// output takes what a child writes: events, and the words of whatever went wrong.
type output struct {
	event func(line []byte) bool // false if the line is no event

	mu    sync.Mutex
	lines supervise.Lines
	words []byte
}

func newOutput(event func([]byte) bool) *output {
	o := &output{event: event}
	o.lines.Take = o.take
	return o
}

// Write takes a piece of the output, which may end within a line.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lines.Write(p)
}

func (o *output) take(line []byte) {
	if o.event(line) {
		return
	}
	o.words = append(append(o.words, line...), '\n')
	if extra := len(o.words) - maxWords; extra > 0 {
		o.words = bytes.Clone(o.words[extra:])
	}
}

// why is what the child said before it ended without a result.
func (o *output) why(cause error) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if words := strings.TrimSpace(string(o.words)); words != "" {
		return words
	}
	if cause != nil {
		return "it ended without a result: " + cause.Error()
	}
	return "it ended without a result, and did not say why"
}

// process describes the child of a run.
func (rn *Runner) process(r *execution) supervise.Process {
	return supervise.Process{
		Name: r.shown.Name, Args: rn.command(r.shown.Name, r.shown.Quick), Env: rn.cfg.Environ, Log: r.output,
	}
}

// command is the command line of a run.
func (rn *Runner) command(name string, quick bool) []string {
	args := []string{"run", "--events", "--out", rn.cfg.Folder}
	if quick {
		args = append(args, "--quick")
	}
	return append(args, name)
}
