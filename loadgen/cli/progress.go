package cli

import (
	"fmt"
	"io"
	"time"

	"loadlab/loadgen"
)

// progress shows a run's snapshots: one line that overwrites itself on a
// terminal, else a plain line each ten seconds.
type progress struct {
	out      io.Writer
	terminal bool
	next     time.Duration
}

func newProgress(out io.Writer, terminal bool) *progress {
	return &progress{out: out, terminal: terminal}
}

const plainEvery = 10 * time.Second

func (p *progress) show(s loadgen.Snapshot) {
	line := fmt.Sprintf("%s %s %.1f/s, in flight %d, p50 %v, p99 %v, errors %d, dropped %d, lag p99 %v",
		s.Elapsed.Round(time.Second), s.State.Phase, s.Rate, s.InFlight, short(s.ResponseP50), short(s.ResponseP99), s.Failed, s.Dropped, short(s.LagP99))
	if s.State.Paused {
		line += " (paused)"
	}
	switch {
	case p.terminal:
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
	case s.Elapsed >= p.next:
		fmt.Fprintln(p.out, line)
		p.next = s.Elapsed.Truncate(time.Second) + plainEvery
	}
}

// end leaves the line that overwrites itself.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

func short(d time.Duration) time.Duration {
	if d >= 10*time.Millisecond {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}
