package loadgen

import (
	"sync"
	"time"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
	"loadlab/loadgen/send"
)

// results are what the run has given so far, collected from the sender once an
// interval.
type results struct {
	mu        sync.Mutex
	collected collected
}

// lock gives access to what is guarded, until unlock is called.
func (r *results) lock() *collected {
	r.mu.Lock()
	return &r.collected
}

func (r *results) unlock() { r.mu.Unlock() }

// collected is what the lock of results guards: only results.lock returns it. The
// warm-up has records of its own, which are not reported.
type collected struct {
	totals   [2]*record.Totals // as the sender's sets
	spare    send.Sets
	interval interval
	last     send.Counts // from the latest collection
	reasons  []string    // about the latest interval

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
	c := r.lock()
	defer r.unlock()
	for i := range c.totals {
		c.totals[i] = record.NewTotals(targets)
	}
	c.spare = send.NewSets(targets)
}

// collect takes the sender's records.
func (c *collected) collect(s *send.Sender) {
	now := time.Now()
	c.spare, c.last = s.Collect(c.spare, func(i int, set *record.Set) {
		c.totals[i].Merge(set, now)
		c.interval.add(set)
	})
}

// phaseBegan prepares for the phase whose warm-up lasts until warmTill.
func (r *results) phaseBegan(loop plan.Loop, warmTill int64) {
	c := r.lock()
	defer r.unlock()
	c.loop, c.from, c.measuring = loop, warmTill, false
}

// measure notes the counters once the warm-up is over.
func (r *results) measure(s *send.Sender, now int64) {
	c := r.lock()
	defer r.unlock()
	if !c.measuring && now >= c.from {
		c.measuring = true
		c.began = used(s.Counts())
	}
}

// paused leaves a pause out of the time that is reported.
func (r *results) paused(pause int64) {
	c := r.lock()
	defer r.unlock()
	c.from += pause
}

// phaseEnded closes the phase whose schedule ended at until.
func (r *results) phaseEnded(s *send.Sender, until, drained int64) {
	c := r.lock()
	defer r.unlock()
	if !c.measuring {
		return
	}
	c.elapsed += time.Duration(max(0, until-c.from))
	c.drains += time.Duration(max(0, drained-until))
	c.used = c.used.plus(used(s.Counts()).minus(c.began))
	c.measuring = false
}

// Report is the report of the run so far, which is still changing until Run has returned.
func (e *Engine) Report() *report.Report { return e.report(false) }

// report describes what has been collected, the current phase included.
func (e *Engine) report(interrupted bool) *report.Report {
	c := e.results.lock()
	defer e.results.unlock()
	c.collect(e.sender)
	elapsed, spent := c.elapsed, c.used
	if c.measuring {
		spent = spent.plus(used(c.last).minus(c.began))
		elapsed += max(0, time.Duration(c.last.At-c.from))
	}
	run := report.Run{
		ID: e.cfg.RunID, Scenario: e.cfg.Plan.Name, Loop: string(c.loop), Totals: c.totals[send.Reported],
		Started: e.clock.Start(), Ended: e.clock.Time(c.last.At), Elapsed: elapsed, Drained: c.drains, InFlightFor: spent.inFlight,
		CPU: e.share(spent.cpu, elapsed+c.drains), Open: c.loop == plan.Open, Interrupted: interrupted,
		Cores: e.cfg.Cores, Throttled: spent.throttled,
	}
	for i := range c.totals[send.Warmup].Targets {
		run.Warmup += c.totals[send.Warmup].Targets[i].Scheduled
	}
	for _, endpoint := range e.endpoints {
		run.Names = append(run.Names, endpoint.Name)
		run.Methods = append(run.Methods, endpoint.Method)
	}
	run.Clients, run.Protocols = e.clients(), e.sender.Protocols()
	run.Chains, run.Redirects = e.chains.report(), e.sender.Redirects()
	return report.New(run)
}
