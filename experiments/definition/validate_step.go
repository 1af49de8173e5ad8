package definition

import (
	"fmt"
	"slices"
	"time"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/target"
)

func (v *validator) step(path string, s *Step) {
	v.loop(path, s)
	v.target(path+".target", s.Target)
	for _, length := range []struct {
		key   string
		value time.Duration
	}{{"duration", s.Duration}, {"warmup", s.Warmup}, {"timeout", s.Timeout}} {
		if length.value < 0 || length.value > MaxPart {
			v.bad(path+"."+length.key, "%s must be from 0s to %v", length.key, MaxPart)
		}
	}
	if s.Lag < 0 || s.Lag > MaxLag {
		v.bad(path+".lag", "lag must be from 0s to %v", MaxLag)
	}
	if s.TraceRatio < 0 || s.TraceRatio > 1 {
		v.bad(path+".trace_ratio", "trace_ratio must be from 0 to 1")
	}
	if s.Connections < 0 || s.Connections > plan.MaxConcurrency {
		v.bad(path+".connections", "connections must be from 0 to %d", plan.MaxConcurrency)
	}
	if s.Watch != "" && !serviceName.MatchString(s.Watch) {
		v.bad(path+".watch", "watch must be the name of a service")
	}
	if s.Background != nil {
		v.target(path+".background.target", s.Background.Target)
		if s.Background.Concurrency < 1 || s.Background.Concurrency > plan.MaxConcurrency {
			v.bad(path+".background.concurrency", "concurrency must be from 1 to %d", plan.MaxConcurrency)
		}
	}
	for i := range s.Faults {
		v.fault(fmt.Sprintf("%s.faults[%d]", path, i), s, &s.Faults[i])
	}
}

// loop checks that the step says exactly what its loop needs.
func (v *validator) loop(path string, s *Step) {
	lists := map[plan.Loop]string{plan.Batch: "counts", plan.Closed: "concurrencies", plan.Open: "rates"}
	wanted, known := lists[s.Loop]
	if !known {
		v.bad(path+".loop", "loop must be one of batch, closed, open")
		return
	}
	for loop, length := range map[plan.Loop]int{plan.Batch: len(s.Counts), plan.Closed: len(s.Concurrencies), plan.Open: len(s.Rates)} {
		switch {
		case loop != s.Loop && length > 0:
			v.bad(path+"."+lists[loop], "%s do not go with a loop that is %s, which has %s", lists[loop], s.Loop, wanted)
		case loop == s.Loop && (length == 0 || length > MaxLoads):
			v.bad(path+"."+wanted, "%s must have from 1 to %d entries", wanted, MaxLoads)
		}
	}
	limit := map[plan.Loop]float64{plan.Batch: 10_000, plan.Closed: plan.MaxConcurrency, plan.Open: 100_000}[s.Loop]
	for i, level := range s.Levels() {
		if !(level > 0 && level <= limit) { // NaN too
			v.bad(fmt.Sprintf("%s.%s[%d]", path, wanted, i), "%s must be above 0, at most %v", wanted, limit)
		}
	}
	v.times(path, s)
}

// times checks what depends on the loop, other than its loads.
func (v *validator) times(path string, s *Step) {
	switch {
	case s.Loop == plan.Batch && (s.Duration != 0 || s.Warmup != 0):
		v.bad(path+".duration", "a batch has neither duration nor warmup: it ends when all are answered")
	case s.Loop != plan.Batch && s.Duration <= s.Warmup:
		v.bad(path+".duration", "duration must be above warmup")
	}
	if s.Arrivals != "" && (s.Loop != plan.Open || !slices.Contains([]pace.Process{pace.Even, pace.Poisson}, s.Arrivals)) {
		v.bad(path+".arrivals", "arrivals must be constant or poisson, of an open loop")
	}
}

func (v *validator) target(path, text string) {
	sample := serviceMark.ReplaceAllString(text, "http://127.0.0.1:1")
	parsed, err := target.Parse(sample)
	switch {
	case err != nil:
		v.bad(path, "%v", err)
	case len(parsed) == 0:
		v.bad(path, "target is missing")
	}
}
