// Package definition reads the file that states an experiment: which load to
// offer, what to compute from the measurements, which values confirm the hypothesis.
// Every mistake in a file is found before any load is sent.
package definition

import (
	"time"

	"loadlab/experiments/confidence"
	"loadlab/experiments/expression"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
)

// Bounds of a definition.
const (
	MaxFile    = 64 << 10 // bytes
	MaxSteps   = 20
	MaxLoads   = 20 // of one step
	MaxRepeats = confidence.MaxValues
	MaxPart    = 2 * time.Minute // of one load of one step
	MaxLag     = 50 * time.Millisecond
)

// Definition is an experiment as its file states it.
type Definition struct {
	Name       string             `yaml:"name"`
	Title      string             `yaml:"title"`
	Question   string             `yaml:"question"`
	Hypothesis string             `yaml:"hypothesis"`
	Given      map[string]float64 `yaml:"given"`   // constants of the expressions
	Repeats    int                `yaml:"repeats"` // rounds over all steps; 0 means 1
	// Services are started for the experiment; without any they are the user's own.
	Services    map[string]Instance `yaml:"services"`
	Needs       []Need              `yaml:"needs"`
	Steps       []Step              `yaml:"steps"`
	Figures     []Figure            `yaml:"figures"`
	Checks      []Check             `yaml:"checks"`
	Plot        *Plot               `yaml:"plot"`
	Explanation string              `yaml:"explanation"`

	expressions map[string]*expression.Expression // by path in the file
}

// Need is a setting of a service without which the experiment would answer
// another question. When it is not met, the verdict is invalid.
type Need struct {
	Service string `yaml:"service"` // must be reachable
	Setting string `yaml:"setting"` // how to start it, in words
	// Metric, if given, is a series of the service's admin surface whose value must
	// equal Equals or be at least Min. Both are expressions over Given.
	Metric string `yaml:"metric"`
	Equals string `yaml:"equals"`
	Min    string `yaml:"min"`
}

// Step is load of one kind at one or several levels.
type Step struct {
	Name          string        `yaml:"name"`   // by which expressions know it
	Target        string        `yaml:"target"` // as the generator takes it; {service} is replaced by its address, {service.admin} by that of its admin surface
	Loop          plan.Loop     `yaml:"loop"`
	Counts        []int         `yaml:"counts"`        // batch: requests at once
	Concurrencies []int         `yaml:"concurrencies"` // closed
	Rates         []float64     `yaml:"rates"`         // open, requests per second
	Arrivals      pace.Process  `yaml:"arrivals"`      // open; constant unless given
	Duration      time.Duration `yaml:"duration"`      // of each level, warm-up included; not for a batch
	Warmup        time.Duration `yaml:"warmup"`
	Timeout       time.Duration `yaml:"timeout"`     // of a request; 0 means 10 s, none in a batch
	Connections   int           `yaml:"connections"` // open: the most at a time; 0 means 256
	// KeepAlive is whether requests share connections one after another; true unless given.
	KeepAlive *bool `yaml:"keep_alive"`
	// Lag is accepted of the generator: 99th percentile of an open loop's schedule
	// lag, and mean of all lag; 0 means the bounds of the generator's own judgement.
	Lag        time.Duration `yaml:"lag"`
	TraceRatio float64       `yaml:"trace_ratio"` // share of sampled traces, from 0 to 1
	Watch      string        `yaml:"watch"`       // the service whose CPU time, request counts and memory are read
	Background *Background   `yaml:"background"`
	Faults     []Fault       `yaml:"faults"`
}

// Background is a closed loop that loads something else during a step.
type Background struct {
	Target      string `yaml:"target"`
	Concurrency int    `yaml:"concurrency"`
}

// Figure is a named number that later expressions can use.
type Figure struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"` // an expression
	Unit  string `yaml:"unit"`
}

// Check is what must hold: Value lies between Min and Max. All three are
// expressions; one of the bounds may be missing.
type Check struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
	Min   string `yaml:"min"`
	Max   string `yaml:"max"`
}

// Plot draws a field of the points of a step over another.
type Plot struct {
	Step   string `yaml:"step"`
	X      string `yaml:"x"` // fields of Point
	Y      string `yaml:"y"`
	Theory string `yaml:"theory"` // an expression of x; may be empty
}

// targets are all targets of the step, in one text.
func (s *Step) targets() string {
	if s.Background == nil {
		return s.Target
	}
	return s.Target + "\n" + s.Background.Target
}

// OneEach reports whether every request has a connection of its own.
func (s *Step) OneEach() bool { return s.KeepAlive != nil && !*s.KeepAlive }

// Levels returns the loads of the step.
func (s *Step) Levels() []float64 {
	switch s.Loop {
	case plan.Batch:
		return floats(s.Counts)
	case plan.Closed:
		return floats(s.Concurrencies)
	}
	return s.Rates
}

func floats(list []int) []float64 {
	out := make([]float64, 0, len(list))
	for _, n := range list {
		out = append(out, float64(n))
	}
	return out
}

// Length is how long the experiment sends load, without the time of its batches.
func (d *Definition) Length() time.Duration {
	var sum time.Duration
	for i := range d.Steps {
		sum += time.Duration(len(d.Steps[i].Levels())) * d.Steps[i].Duration
	}
	return sum * time.Duration(max(d.Repeats, 1))
}
