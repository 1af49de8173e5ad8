package loadgen

import (
	"context"
	"sync"
	"time"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// A book holds the results of the run so far, collected from the shards once an
// interval. Its records of the warm-up are apart from those that are reported.
type book struct {
	mu       sync.Mutex
	totals   [2]*record.Totals // of the warm-up, of what is reported
	spare    [2]*record.Set
	interval interval
	last     counted  // from the latest collection
	doubts   []string // about the latest interval

	// What the reported part of the run spans, on the engine's clock.
	from      int64
	began     span // the counters when the current phase's warm-up was over
	measuring bool
	elapsed   time.Duration // of phases that are over, without drains
	drains    time.Duration
	spent     span // by phases that are over
	loop      plan.Loop
}

// A span is what time costs: request-seconds in flight, CPU seconds.
type span struct {
	inFlight time.Duration
	cpu      time.Duration
}

func (b *book) open(targets int) {
	for i := range b.totals {
		b.totals[i] = record.NewTotals(targets)
		b.spare[i] = record.NewSet(targets)
	}
}

// collect takes the records of all shards.
func (b *book) collect(e *Engine) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.collectLocked(e)
}

func (b *book) collectLocked(e *Engine) {
	now := time.Now()
	var sum counted
	for _, s := range e.shards {
		full, c := s.collect(b.spare)
		for i, set := range full {
			b.totals[i].Merge(set, now)
			b.interval.add(set)
			set.Reset()
		}
		b.spare = full
		sum.inFlight += c.inFlight
		sum.inFlightFor += c.inFlightFor
		sum.outstanding += c.outstanding
		sum.open += c.open
	}
	b.last = sum
}

// phaseBegan prepares for the phase whose warm-up lasts until warmTill.
func (b *book) phaseBegan(loop plan.Loop, warmTill int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.loop, b.from, b.measuring = loop, warmTill, false
}

// measure notes the counters once the warm-up is over.
func (b *book) measure(e *Engine, now int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.measuring && now >= b.from {
		b.measuring = true
		b.began = e.spent()
	}
}

// paused leaves a pause out of the time that is reported.
func (b *book) paused(pause int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.from += pause
}

// phaseEnded closes the phase whose schedule ended at until.
func (b *book) phaseEnded(e *Engine, until, drained int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.measuring {
		return
	}
	b.elapsed += time.Duration(max(0, until-b.from))
	b.drains += time.Duration(max(0, drained-until))
	spent := e.spent()
	b.spent.inFlight += spent.inFlight - b.began.inFlight
	b.spent.cpu += spent.cpu - b.began.cpu
	b.measuring = false
}

// spent reads the counters.
func (e *Engine) spent() span {
	now := e.clock.now()
	total := span{cpu: processCPU()}
	for _, s := range e.shards {
		s.mu.Lock()
		s.flying(0, now)
		total.inFlight += time.Duration(s.inFlightNs)
		s.mu.Unlock()
	}
	return total
}

// Report is the report of the run so far, which is still changing until Run has returned.
func (e *Engine) Report() *report.Report { return e.book.report(e, false) }

// report describes what has been collected, the current phase included.
func (b *book) report(e *Engine, interrupted bool) *report.Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.collectLocked(e)
	elapsed, spent := b.elapsed, b.spent
	if b.measuring {
		now := e.spent()
		elapsed += max(0, time.Duration(e.clock.now()-b.from))
		spent.inFlight += now.inFlight - b.began.inFlight
		spent.cpu += now.cpu - b.began.cpu
	}
	run := report.Run{
		ID: e.cfg.RunID, Scenario: e.cfg.Plan.Name, Loop: string(b.loop), Totals: b.totals[reported],
		Started: e.clock.start, Elapsed: elapsed, Drained: b.drains, InFlightFor: spent.inFlight,
		CPU: e.share(spent.cpu, elapsed+b.drains), Open: b.loop == plan.Open, Interrupted: interrupted,
	}
	for i := range b.totals[0].Targets {
		run.Warmup += b.totals[0].Targets[i].Scheduled
	}
	for _, endpoint := range e.endpoints {
		run.Names = append(run.Names, endpoint.Name)
		run.Methods = append(run.Methods, endpoint.Method)
	}
	return report.New(run)
}

// keepBooks collects once an interval, until ctx ends.
func (e *Engine) keepBooks(ctx context.Context) {
	ticker := time.NewTicker(e.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			snapshot := e.snapshot()
			e.ctl.publish(snapshot)
			if e.opts.onSnapshot != nil {
				e.opts.onSnapshot(snapshot)
			}
		case <-ctx.Done():
			return
		}
	}
}
