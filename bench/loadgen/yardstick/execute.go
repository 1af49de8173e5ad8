package yardstick

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"loadlab/bench/machine"
	"loadlab/internal/exitcode"
	"loadlab/loadgen/report"
)

// result is the cost of one run of a generator, and what the server saw of it.
type result struct {
	cpu    time.Duration // user and system, children that were waited for included
	peak   int64         // bytes of resident memory; 0 if unknown
	seen   tally
	report *report.Report // of our generator alone
}

// cpuPerRequest is in microseconds. All generators are measured by the number of
// requests that the server read, not by what they say of themselves.
func (r result) cpuPerRequest() float64 { return r.cpu.Seconds() * 1e6 / float64(r.seen.requests) }

// grace is what a generator may take beyond the time that it was asked for.
const grace = 15 * time.Second

// run starts a generator and waits for it. The server is to be reset before.
func (g *generator) run(ctx context.Context, s *server, l load) (result, error) {
	folder, err := os.MkdirTemp("", "yardstick")
	if err != nil {
		return result{}, fmt.Errorf("make a folder for %s: %w", g.name, err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	l.url, l.folder = s.url(), folder
	started, err := g.start(l)
	if err != nil {
		return result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, l.duration+grace)
	defer cancel()
	command := exec.CommandContext(ctx, g.path, started.args...)
	command.Env = append(os.Environ(), started.env...)
	command.Stdin = strings.NewReader(started.stdin)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		return result{}, fmt.Errorf("start %s: %w", g.name, err)
	}
	peak, stopped := watchMemory(command.Process.Pid)
	err = command.Wait()
	stopped()
	var exit *exec.ExitError
	// At saturation, with the server on the same cores, our generator is right not to trust its measurement.
	if err != nil && (g.name != ours || !errors.As(err, &exit) || exit.ExitCode() != exitcode.Invalid) {
		return result{}, fmt.Errorf("run %s: %w\n%s", g.name, err, out.String())
	}
	r := result{cpu: command.ProcessState.UserTime() + command.ProcessState.SystemTime(), peak: *peak, seen: s.seen()}
	if r.seen.requests == 0 {
		return result{}, fmt.Errorf("run %s: the server saw no request\n%s", g.name, out.String())
	}
	if g.name == ours {
		r.report, err = report.ReadFolder(folder)
	}
	return r, err
}

// watchMemory looks at a process's peak memory until stopped is called, after
// which the result holds.
func watchMemory(pid int) (peak *int64, stopped func()) {
	peak = new(int64)
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
				*peak = max(*peak, machine.PeakMemory(pid))
			}
		}
	}()
	return peak, func() { close(end); <-done }
}

// present are the generators that were found; with open those that keep a rate.
func present(all []*generator, open bool) []*generator {
	return slices.DeleteFunc(slices.Clone(all), func(g *generator) bool { return g.path == "" || open && !g.open })
}
