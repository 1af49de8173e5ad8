package plan

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"loadlab/internal/decimal"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/target"
)

// Scenario is a scenario file. Its phases say what differs from its defaults,
// which are the variables of the load generator by the names of their flags.
//
//	name: checkout
//	repeat: true
//	defaults: {timeout: 2s, duration: 30s}
//	phases:
//	  - name: browse
//	    rate: 100
//	    targets:
//	      - {method: GET, url: "http://127.0.0.1:8080/items?limit=20", weight: 3}
type Scenario struct {
	Name     string            `yaml:"name"`
	Repeat   bool              `yaml:"repeat"`
	Defaults map[string]string `yaml:"defaults"`
	Phases   []ScenarioPhase   `yaml:"phases"`
}

// ScenarioPhase is a phase of a scenario file; what is nil is as the defaults say.
type ScenarioPhase struct {
	Name        string           `yaml:"name"`
	Loop        *string          `yaml:"loop"`
	Rate        *float64         `yaml:"rate"`
	Stages      *string          `yaml:"stages"`
	Arrivals    *string          `yaml:"arrivals"`
	Concurrency *int             `yaml:"concurrency"`
	Think       *string          `yaml:"think"`
	Count       *int             `yaml:"count"`
	Duration    *string          `yaml:"duration"`
	Warmup      *string          `yaml:"warmup"`
	Targets     []ScenarioTarget `yaml:"targets"`
}

// ScenarioTarget is a target of a scenario file.
type ScenarioTarget struct {
	Name     string            `yaml:"name"`
	Weight   int               `yaml:"weight"`
	Method   string            `yaml:"method"`
	URL      string            `yaml:"url"`
	Headers  map[string]string `yaml:"headers"`
	Body     string            `yaml:"body"`
	BodyFile string            `yaml:"body_file"` // instead of Body; "-" is the standard input
}

// MaxScenario bounds a scenario file, in bytes.
const MaxScenario = 1 << 20

// ParseScenario reads a scenario file. Unknown keys are errors.
func ParseScenario(data []byte) (Scenario, error) {
	var s Scenario
	if len(data) > MaxScenario {
		return s, fmt.Errorf("scenario has %d bytes, more than %d", len(data), MaxScenario)
	}
	if err := decode(data, &s); err != nil {
		return s, fmt.Errorf("read scenario: %w", err)
	}
	if s.Name == "" || strings.ContainsFunc(s.Name, func(r rune) bool { return r < ' ' }) || len(s.Name) > 100 {
		return s, errors.New("read scenario: it needs a name of at most 100 characters")
	}
	if len(s.Phases) == 0 || len(s.Phases) > MaxPhases {
		return s, fmt.Errorf("read scenario: it has %d phases, not 1 to %d", len(s.Phases), MaxPhases)
	}
	return s, nil
}

// decode reads YAML. The library (v1.19.2) panics on a tag without a value where
// a list is wanted, which is the file's fault and no reason to end the process.
func decode(data []byte, s *Scenario) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("not well-formed YAML")
		}
	}()
	return yaml.UnmarshalWithOptions(data, s, yaml.Strict())
}

// Plan is the plan that s describes on top of defaults. With override, a
// variable that a flag or the environment gives outranks the phases'. read returns bodies in files.
func (s Scenario) Plan(defaults Phase, override func(flag string) bool, read target.ReadFile) (Plan, error) {
	p := Plan{Name: s.Name, Repeat: s.Repeat}
	var errs []error
	for i, described := range s.Phases {
		phase, err := described.phase(defaults, override, read)
		if err != nil {
			errs = append(errs, fmt.Errorf("phase %q: %w", described.Name, err))
		}
		if phase.Name == "" {
			phase.Name = fmt.Sprint("phase ", i+1)
		}
		p.Phases = append(p.Phases, phase)
	}
	return p, errors.Join(errs...)
}

func (d ScenarioPhase) phase(p Phase, override func(flag string) bool, read target.ReadFile) (Phase, error) {
	var errs []error
	p.Name = d.Name
	set(&p.Rate, d.Rate, "rate", override)
	set(&p.Concurrency, d.Concurrency, "concurrency", override)
	set(&p.Count, d.Count, "count", override)
	set((*string)(&p.Loop), d.Loop, "loop", override)
	set((*string)(&p.Arrivals), d.Arrivals, "arrivals", override)
	for _, field := range []struct {
		into *time.Duration
		from *string
		flag string
	}{{&p.Think, d.Think, "think"}, {&p.Duration, d.Duration, "duration"}, {&p.Warmup, d.Warmup, "warmup"}} {
		if field.from == nil || override(field.flag) {
			continue
		}
		length, err := decimal.Duration(*field.from)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is not a duration such as 10s", field.flag, *field.from))
		}
		*field.into = length
	}
	if d.Stages != nil && !override("stages") {
		stages, err := pace.ParseStages(*d.Stages)
		errs = append(errs, err)
		p.Stages = stages
	}
	if len(p.Stages) > 0 && d.Rate == nil {
		p.Rate = 0
	}
	if len(d.Targets) > 0 {
		p.Targets = nil
	}
	for _, t := range d.Targets {
		complete, err := t.target(read)
		errs = append(errs, err)
		p.Targets = append(p.Targets, complete)
	}
	return p, errors.Join(errs...)
}

func (t ScenarioTarget) target(read target.ReadFile) (target.Target, error) {
	wrong := func(reason error) (target.Target, error) {
		return target.Target{}, fmt.Errorf("target %q: %w", t.URL, reason)
	}
	made := target.Target{Name: t.Name, Weight: t.Weight, Method: t.Method, URL: t.URL, Body: t.Body}
	for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
		made.Headers = append(made.Headers, target.Header{Name: name, Value: t.Headers[name]})
	}
	switch {
	case strings.HasPrefix(t.Body, "@"):
		return wrong(errors.New("body begins with @; a body in a file is body_file: NAME"))
	case t.Body != "" && t.BodyFile != "":
		return wrong(errors.New("body and body_file cannot both be given"))
	case t.BodyFile != "":
		body, err := read(t.BodyFile)
		if err != nil {
			return wrong(fmt.Errorf("body_file %q: %w", t.BodyFile, err))
		}
		made.Body = body
	}
	return target.New(made)
}

func set[T any](into, from *T, flag string, override func(string) bool) {
	if from != nil && !override(flag) {
		*into = *from
	}
}
