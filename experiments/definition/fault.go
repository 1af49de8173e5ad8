package definition

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"loadlab/experiments/result"
	"loadlab/internal/web/faultkind"
	"loadlab/internal/web/input"
	"loadlab/internal/web/problem"
	"loadlab/loadgen/plan"
)

// Fault is switched on at a service during each level of a step. What is not
// given is nil or empty; package faultkind says what each kind takes.
type Fault struct {
	Service      string        `yaml:"service"`
	Kind         string        `yaml:"kind"`
	Route        string        `yaml:"route"`
	Value        *float64      `yaml:"value"`
	Distribution string        `yaml:"distribution"`
	Deviation    *float64      `yaml:"deviation"`
	Shape        *float64      `yaml:"shape"`
	Min          *float64      `yaml:"min"`
	Max          *float64      `yaml:"max"`
	Share        *float64      `yaml:"share"`
	Statuses     []int         `yaml:"statuses"`
	On           time.Duration `yaml:"on"`
	Off          time.Duration `yaml:"off"`
	Seed         *int64        `yaml:"seed"`
	After        time.Duration `yaml:"after"` // from the start of the level
	Duration     time.Duration `yaml:"duration"`
}

// Parameters are those with which the service's admin listener switches the
// fault on, other than the duration.
func (f *Fault) Parameters() url.Values {
	values := url.Values{}
	text := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	number := func(name string, value *float64) {
		if value != nil {
			values.Set(name, strconv.FormatFloat(*value, 'f', -1, 64))
		}
	}
	period := func(name string, value time.Duration) {
		if value != 0 {
			values.Set(name, value.String())
		}
	}
	text("kind", f.Kind)
	text("route", f.Route)
	text("distribution", f.Distribution)
	number("value", f.Value)
	number("deviation", f.Deviation)
	number("shape", f.Shape)
	number("min", f.Min)
	number("max", f.Max)
	number("share", f.Share)
	period("on", f.On)
	period("off", f.Off)
	if f.Seed != nil {
		values.Set("seed", strconv.FormatInt(*f.Seed, 10))
	}
	statuses := make([]string, len(f.Statuses))
	for i, status := range f.Statuses {
		statuses[i] = strconv.Itoa(status)
	}
	text("statuses", strings.Join(statuses, ","))
	return values
}

// words describe the fault with every parameter that is given.
func (f *Fault) words() string {
	var b strings.Builder
	b.WriteString("fault " + f.Kind)
	if f.Value != nil {
		b.WriteString(" of " + result.Number(*f.Value).String())
	}
	values, more := f.Parameters(), ""
	for _, name := range []string{"distribution", "deviation", "shape", "min", "max", "share", "statuses", "on", "off", "seed", "route"} {
		if value := values.Get(name); value != "" {
			more += ", " + name + " " + value
		}
	}
	if more != "" {
		b.WriteString(" (" + more[2:] + ")")
	}
	fmt.Fprintf(&b, " at %s after %v for %v", f.Service, f.After, f.Duration)
	return b.String()
}

func (v *validator) fault(path string, s *Step, f *Fault) {
	if !serviceName.MatchString(f.Service) {
		v.bad(path+".service", "service must be the name of a service")
	}
	in := input.FromPreset(f.Parameters())
	faultkind.Read(in, nil)
	var known *problem.Problem
	if errors.As(in.Err(), &known) {
		for _, wrong := range known.Errors {
			v.bad(path+"."+wrong.Parameter, "%s %s", wrong.Parameter, wrong.Detail)
		}
	}
	if f.After < 0 || f.Duration <= 0 || s.Loop != plan.Batch && f.After+f.Duration > s.Duration {
		v.bad(path+".duration", "a fault must have a duration, within that of its step")
	}
}
