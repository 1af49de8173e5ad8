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
	"loadlab/loadgen/extract"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/responsecheck"
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
	Name     string            `yaml:"name" required:"true" help:"name of the scenario in reports and metrics, of at most 100 characters"`
	Repeat   bool              `yaml:"repeat" help:"whether the first phase follows the last, until the run is stopped"`
	Defaults map[string]string `yaml:"defaults" help:"variables of the load generator, by the names of their flags, for every phase that does not say otherwise"`
	Phases   []ScenarioPhase   `yaml:"phases" required:"true" help:"what is sent, one phase after another"`
}

// ScenarioPhase is a phase of a scenario file; what is nil is as the defaults say. The tags help, oneof, min, max,
// unit mean the same as those of variables; format names a notation: duration, stages, or url.
type ScenarioPhase struct {
	Name        string           `yaml:"name" help:"name of the phase in metrics"`
	Loop        *string          `yaml:"loop" oneof:"open|closed|batch" help:"when to send: on schedule (open), when a reply arrives (closed), all at once (batch)"`
	Chain       *bool            `yaml:"chain" help:"whether virtual users send the targets in their order, each after the reply to the one before; the rate, concurrency, count or number of requests is that of the users"`
	Rate        *float64         `yaml:"rate" min:"0" max:"1000000" unit:"requests per second" help:"rate of an open loop"`
	Stages      *string          `yaml:"stages" format:"stages" help:"ramps of an open loop, as 30s:100,2m:500,30s:0"`
	Arrivals    *string          `yaml:"arrivals" oneof:"constant|poisson" help:"spacing of the requests of an open loop: evenly, or at random (Poisson)"`
	Concurrency *int             `yaml:"concurrency" min:"1" max:"20000" unit:"requests" help:"requests in flight in a closed loop"`
	Think       *string          `yaml:"think" format:"duration" help:"pause of a closed loop between a reply and the next request, 0s to 1h"`
	Count       *int             `yaml:"count" min:"1" max:"1000000" unit:"requests" help:"requests of a batch in all, all sent at once"`
	Duration    *string          `yaml:"duration" format:"duration" help:"length of the phase; 0s means until the stages end or a signal arrives"`
	Warmup      *string          `yaml:"warmup" format:"duration" help:"first part of the phase, sent but not reported"`
	Targets     []ScenarioTarget `yaml:"targets" help:"kinds of requests of the phase, drawn by their weights"`
}

// ScenarioTarget is a target of a scenario file.
type ScenarioTarget struct {
	Name     string            `yaml:"name" help:"label in reports and metrics; by default the method with the path"`
	Weight   int               `yaml:"weight" min:"0" max:"1000" help:"share in the mix; 0 means 1"`
	Method   string            `yaml:"method" oneof:"GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS" help:"method of the request; GET by default"`
	URL      string            `yaml:"url" required:"true" format:"url" help:"http:// or https:// with host and path; placeholders such as {seq} are filled in"`
	Headers  map[string]string `yaml:"headers" help:"header fields by their names, sent as they are written"`
	Body     string            `yaml:"body" help:"body of the request, sent as it is written but for placeholders"`
	BodyFile string            `yaml:"body_file" help:"file whose content is the body, from the working folder; - is the standard input"`
	Checks   []string          `yaml:"checks" help:"expressions that must hold for every response, in addition to those of the variable checks"`
	Extract  []extract.Spec    `yaml:"extract" help:"values that are taken out of a response for later requests of the same virtual user, which have them by {var.NAME}"`
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
	set(&p.Chain, d.Chain, "chain", override)
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
		complete, err := t.Complete(read)
		errs = append(errs, err)
		p.Targets = append(p.Targets, complete)
	}
	return p, errors.Join(errs...)
}

// Complete returns the target that t describes. read returns a body in a file.
func (t ScenarioTarget) Complete(read target.ReadFile) (target.Target, error) {
	wrong := func(reason error) (target.Target, error) {
		return target.Target{}, fmt.Errorf("target %q: %w", t.URL, reason)
	}
	made := target.Target{Name: t.Name, Weight: t.Weight, Method: t.Method, URL: t.URL, Body: t.Body}
	for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
		made.Headers = append(made.Headers, target.Header{Name: name, Value: t.Headers[name]})
	}
	for _, text := range t.Checks {
		c, err := responsecheck.Parse(text)
		if err != nil {
			return wrong(err)
		}
		made.Checks = append(made.Checks, c)
	}
	for _, spec := range t.Extract {
		rule, err := extract.New(spec)
		if err != nil {
			return wrong(err)
		}
		made.Extract = append(made.Extract, rule)
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
