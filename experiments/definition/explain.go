package definition

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"loadlab/experiments/result"
	"loadlab/loadgen/plan"
)

// Explain returns the question of the experiment, the expected answer and the reasons for it.
func (d *Definition) Explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nQuestion: %s\nHypothesis: %s\n\n%s\n", d.Title, d.Question, d.Hypothesis, strings.TrimSpace(d.Explanation))
	fmt.Fprintln(&b)
	for _, p := range d.Processes(Env{}) {
		fmt.Fprintf(&b, "Starts %s", strings.Join(slices.Sorted(maps.Keys(p.Serve)), " with "))
		for _, variable := range slices.Sorted(maps.Keys(p.Settings)) {
			fmt.Fprintf(&b, " %s=%s", variable, p.Settings[variable])
		}
		fmt.Fprintln(&b)
	}
	for _, need := range d.Needs {
		fmt.Fprintf(&b, "Needs %s: %s\n", need.Service, need.Setting)
	}
	if length := d.Length(); length > 0 { // batches end when all are answered
		fmt.Fprintf(&b, "Sends load for %v\n", length.Round(time.Second))
	}
	return b.String()
}

// Describe are the steps of d with every setting.
func (d *Definition) Describe() []result.Described {
	var all []result.Described
	for i := range d.Steps {
		all = append(all, result.Described{Name: d.Steps[i].Name, What: d.Steps[i].words()})
	}
	return all
}

// words describe the step with every setting that is not the default.
func (s *Step) words() string {
	var loads []string
	for _, level := range s.Levels() {
		loads = append(loads, result.Number(level).String())
	}
	kind := map[plan.Loop]string{
		plan.Batch: "batch of %s requests", plan.Closed: "closed loop with %s in flight", plan.Open: "open loop with %s requests/s",
	}[s.Loop]
	parts := []string{s.Target, fmt.Sprintf(kind, strings.Join(loads, ", "))}
	add := func(stated bool, format string, args ...any) {
		if stated {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(s.Duration > 0, "%v each", s.Duration)
	add(s.Warmup > 0, "of which %v warm-up", s.Warmup)
	add(s.Arrivals != "", "%s arrivals", s.Arrivals)
	add(s.Timeout > 0, "timeout %v", s.Timeout)
	add(s.Connections > 0, "at most %d connections", s.Connections)
	add(s.OneEach(), "a connection for each request")
	add(s.Lag > 0, "schedule lag up to %v accepted", s.Lag)
	add(s.TraceRatio > 0, "%g of the traces sampled", s.TraceRatio)
	add(s.Watch != "", "CPU time and memory of %s watched", s.Watch)
	if s.Background != nil {
		add(true, "with a closed loop of %d at %s in the background", s.Background.Concurrency, s.Background.Target)
	}
	for i := range s.Faults {
		add(true, "%s", s.Faults[i].words())
	}
	return strings.Join(parts, "; ")
}
