package experiments

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/target"
)

var (
	experimentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,49}$`)
	identifier     = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)
	serviceName    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)
	serviceMark    = regexp.MustCompile(`\{([a-z][a-z0-9_]*)(\.admin)?\}`)
)

// validator collects the problems of a definition.
type validator struct {
	d        *Definition
	tree     *ast.File
	problems []Problem
}

func (v *validator) bad(path, format string, args ...any) {
	line, column, _ := position(v.tree, path)
	v.problems = append(v.problems, Problem{line, column, fmt.Sprintf(format, args...)})
}

func (v *validator) definition() {
	d := v.d
	if !experimentName.MatchString(d.Name) {
		v.bad("$.name", "name must be lower-case letters, digits or hyphens, at most 50")
	}
	for _, text := range []struct{ key, value string }{
		{"title", d.Title}, {"question", d.Question}, {"hypothesis", d.Hypothesis}, {"explanation", d.Explanation},
	} {
		if strings.TrimSpace(text.value) == "" {
			v.bad("$."+text.key, "%s is missing", text.key)
		}
	}
	if d.Repeats < 0 || d.Repeats > MaxRepeats {
		v.bad("$.repeats", "repeats must be from 1 to %d", MaxRepeats)
	}
	names := map[string]bool{}
	for name := range d.Given {
		v.name(names, "$.given."+name, name)
	}
	if len(d.Steps) == 0 || len(d.Steps) > MaxSteps {
		v.bad("$.steps", "steps must have from 1 to %d entries", MaxSteps)
	}
	for i := range d.Steps {
		path := fmt.Sprintf("$.steps[%d]", i)
		v.name(names, path+".name", d.Steps[i].Name)
		v.step(path, &d.Steps[i])
	}
	for i, figure := range d.Figures {
		v.name(names, fmt.Sprintf("$.figures[%d].name", i), figure.Name)
	}
	v.needs()
	v.instances()
	if len(d.Checks) == 0 {
		v.bad("$.checks", "checks must have an entry")
	}
	if len(v.problems) == 0 { // expressions over wrong steps would only repeat their problems
		v.expressions()
	}
}

func (v *validator) name(taken map[string]bool, path, name string) {
	switch {
	case !identifier.MatchString(name):
		v.bad(path, "the name %q must be lower-case letters, digits or underscores, at most 50", name)
	case taken[name]:
		v.bad(path, "the name %q is taken", name)
	}
	taken[name] = true
}

func (v *validator) needs() {
	for i, need := range v.d.Needs {
		path := fmt.Sprintf("$.needs[%d]", i)
		if !serviceName.MatchString(need.Service) {
			v.bad(path+".service", "service must be the name of a service")
		}
		if need.Setting == "" {
			v.bad(path+".setting", "setting is missing: it says how to start the service")
		}
		if (need.Metric == "") != (need.Equals == "") {
			v.bad(path, "metric goes with equals")
		}
	}
}

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
	if s.Beside != nil {
		v.target(path+".beside.target", s.Beside.Target)
		if s.Beside.Concurrency < 1 || s.Beside.Concurrency > plan.MaxConcurrency {
			v.bad(path+".beside.concurrency", "concurrency must be from 1 to %d", plan.MaxConcurrency)
		}
	}
	for i, fault := range s.Faults {
		v.fault(fmt.Sprintf("%s.faults[%d]", path, i), s, fault)
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
	most := map[plan.Loop]float64{plan.Batch: 10_000, plan.Closed: plan.MaxConcurrency, plan.Open: 100_000}[s.Loop]
	for i, level := range s.levels() {
		if !(level > 0 && level <= most) { // NaN too
			v.bad(fmt.Sprintf("%s.%s[%d]", path, wanted, i), "%s must be above 0, at most %v", wanted, most)
		}
	}
	v.times(path, s)
}

// times checks what depends on the loop beside its loads.
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

func (v *validator) fault(path string, s *Step, f Fault) {
	if !serviceName.MatchString(f.Service) {
		v.bad(path+".service", "service must be the name of a service")
	}
	if !slices.Contains([]string{"errors", "latency", "not_ready", "stall"}, f.Kind) {
		v.bad(path+".kind", "kind must be one of errors, latency, not_ready, stall")
	}
	if f.Value < 0 {
		v.bad(path+".value", "value must not be negative")
	}
	if f.After < 0 || f.Duration <= 0 || s.Loop != plan.Batch && f.After+f.Duration > s.Duration {
		v.bad(path+".duration", "a fault must have a duration, within that of its step")
	}
}
