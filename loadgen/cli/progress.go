package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"loadlab/loadgen"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/screen"
)

// A display shows the state of a run each second.
type display interface {
	show(loadgen.Snapshot)
	end()
}

// newDisplay is a screen on a terminal that can redraw, else plain lines. Nothing else may be printed while
// a screen is drawn, so there is none while results of a batch or spans are printed.
func (c Command) newDisplay(s Settings, p plan.Plan, engine *loadgen.Engine) display {
	if c.Size == nil || c.Getenv("TERM") == "dumb" || s.Loop == string(plan.Batch) || s.prints() {
		return &lines{out: c.Stderr}
	}
	return live{screen.New(c.Stderr, c.Size, c.Getenv("NO_COLOR") == "", goal(p)), engine}
}

// goal is what ends the plan.
func goal(p plan.Plan) screen.Goal {
	if p.Repeat {
		return screen.Goal{}
	}
	if first := &p.Phases[0]; len(p.Phases) == 1 && first.Requests > 0 && !first.Chain && first.Length() == 0 {
		return screen.Goal{Requests: first.Requests}
	}
	var g screen.Goal
	for i := range p.Phases {
		length := p.Phases[i].Length()
		if length == 0 {
			return screen.Goal{}
		}
		g.Length += length
	}
	return g
}

// watch shows the snapshots of the run until stop is called. A terminal that takes no output does not hold up the run.
func (c Command) watch(engine *loadgen.Engine, d display) (stop func()) {
	snapshots, cancel := engine.Watch()
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case s := <-snapshots:
				d.show(s)
			case <-over:
				return
			}
		}
	})
	return func() {
		cancel()
		close(over)
		watching.Wait()
		d.end()
	}
}

// live is the state of the run on a terminal.
type live struct {
	screen *screen.Screen
	engine *loadgen.Engine
}

func (l live) show(s loadgen.Snapshot) { l.screen.Draw(s, l.engine.Report()) }

func (l live) end() { l.screen.Clear() }

// lines are plain, one each ten seconds.
type lines struct {
	out  io.Writer
	next time.Duration
}

const plainEvery = 10 * time.Second

func (l *lines) show(s loadgen.Snapshot) {
	if s.Elapsed < l.next {
		return
	}
	l.next = s.Elapsed.Truncate(time.Second) + plainEvery
	text := fmt.Sprintf("%s %s %.1f/s, in flight %d, p50 %v, p99 %v, errors %d, dropped %d, lag p99 %v",
		s.Elapsed.Round(time.Second), s.State.Phase, s.Rate, s.InFlight, short(s.ResponseP50), short(s.ResponseP99), s.Failed, s.Dropped, short(s.LagP99))
	if s.State.Paused {
		text += " (paused)"
	}
	fmt.Fprintln(l.out, text)
}

func (l *lines) end() {}

func short(d time.Duration) time.Duration {
	if d >= 10*time.Millisecond {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}

// prints reports whether spans or metrics go to the standard output, which may be the same terminal.
func (s *Settings) prints() bool {
	return strings.Contains(s.export.TracesExporter+","+s.export.MetricsExporter, "console")
}
