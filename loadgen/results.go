package loadgen

import (
	"sync"
	"time"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

// results are what the run has given so far, collected from the shards once an
// interval. The warm-up has records of its own, which are not reported.
type results struct {
	mu       sync.Mutex
	totals   [2]*record.Totals // of the warm-up, of what is reported
	spare    [2]*record.Set
	interval interval
	last     counted  // from the latest collection
	reasons  []string // about the latest interval

	// What the reported part of the run spans, on the engine's clock.
	from      int64
	began     usage // the counters when the current phase's warm-up was over
	measuring bool
	elapsed   time.Duration // of phases that are over, without drains
	drains    time.Duration
	used      usage // by phases that are over
	loop      plan.Loop
}

func (r *results) open(targets int) {
	for i := range r.totals {
		r.totals[i] = record.NewTotals(targets)
		r.spare[i] = record.NewSet(targets)
	}
}

// collect takes the records of all shards.
func (r *results) collect(e *Engine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collectLocked(e)
}

func (r *results) collectLocked(e *Engine) {
	now := time.Now()
	var sum counted
	for _, s := range e.shards {
		full, c := s.collect(r.spare)
		for i, set := range full {
			r.totals[i].Merge(set, now)
			r.interval.add(set)
			set.Reset()
		}
		r.spare = full
		sum.inFlight += c.inFlight
		sum.inFlightFor += c.inFlightFor
		sum.outstanding += c.outstanding
		sum.open += c.open
	}
	r.last = sum
}

// phaseBegan prepares for the phase whose warm-up lasts until warmTill.
func (r *results) phaseBegan(loop plan.Loop, warmTill int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loop, r.from, r.measuring = loop, warmTill, false
}

// measure notes the counters once the warm-up is over.
func (r *results) measure(e *Engine, now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.measuring && now >= r.from {
		r.measuring = true
		r.began = e.used()
	}
}

// paused leaves a pause out of the time that is reported.
func (r *results) paused(pause int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.from += pause
}

// phaseEnded closes the phase whose schedule ended at until.
func (r *results) phaseEnded(e *Engine, until, drained int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.measuring {
		return
	}
	r.elapsed += time.Duration(max(0, until-r.from))
	r.drains += time.Duration(max(0, drained-until))
	spent := e.used()
	r.used.inFlight += spent.inFlight - r.began.inFlight
	r.used.cpu += spent.cpu - r.began.cpu
	r.measuring = false
}

// Report is the report of the run so far, which is still changing until Run has returned.
func (e *Engine) Report() *report.Report { return e.results.report(e, false) }

// report describes what has been collected, the current phase included.
func (r *results) report(e *Engine, interrupted bool) *report.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collectLocked(e)
	elapsed, spent := r.elapsed, r.used
	if r.measuring {
		now := e.used()
		elapsed += max(0, time.Duration(e.clock.now()-r.from))
		spent.inFlight += now.inFlight - r.began.inFlight
		spent.cpu += now.cpu - r.began.cpu
	}
	run := report.Run{
		ID: e.cfg.RunID, Scenario: e.cfg.Plan.Name, Loop: string(r.loop), Totals: r.totals[reported],
		Started: e.clock.start, Elapsed: elapsed, Drained: r.drains, InFlightFor: spent.inFlight,
		CPU: e.share(spent.cpu, elapsed+r.drains), Open: r.loop == plan.Open, Interrupted: interrupted,
	}
	for i := range r.totals[0].Targets {
		run.Warmup += r.totals[0].Targets[i].Scheduled
	}
	for _, endpoint := range e.endpoints {
		run.Names = append(run.Names, endpoint.Name)
		run.Methods = append(run.Methods, endpoint.Method)
	}
	return report.New(run)
}
