package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"loadlab/internal/env"
	"loadlab/loadgen"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/report"
	"loadlab/loadgen/target"
)

// load reads the settings from src, with the scenario file that they name, and
// makes the configuration of a run. Its error is an *env.Error with every problem.
func load(src *source) (Settings, loadgen.Config, []report.Threshold, error) {
	var s Settings
	var cfg loadgen.Config
	scenario, err := readScenario(src)
	if err != nil {
		return s, cfg, nil, err
	}
	if err := env.Parse(src.get, &s, &s.connecting, &s.judging, &s.feeding, &s.chaining, &s.sources, &s.export); err != nil {
		return s, cfg, nil, err
	}
	var problems problems
	thresholds, err := report.ParseThresholds(s.Thresholds)
	problems.add("LOADGEN_THRESHOLDS", s.Thresholds, err)
	cfg = loadgen.Config{
		Timeout: s.Timeout, MaxConnections: s.MaxConnections, NoKeepAlive: !s.KeepAlive, Seed: s.Seed,
		Std: s.Client == "std", AllowedHosts: env.List(s.AllowedHosts), TraceRatio: s.TraceRatio, RunID: loadgen.RunID(time.Now()),
	}
	cfg.Route = s.connecting.route(&problems)
	cfg.Data = s.feeding.source(&problems)
	cfg.Cookies, cfg.Redirects = s.chaining.Cookies, s.chaining.Redirects
	if !s.export.Traced() {
		cfg.TraceRatio = 0 // an exemplar must not point to a trace that is not stored
	}
	cfg.Plan = s.plan(src, scenario, &problems)
	s.judging.apply(&cfg.Plan, &problems)
	if scenario == nil && s.loads(src) == "LOADGEN_BASE_URL" {
		if s.Thresholds == "" {
			thresholds, err = report.ParseThresholds(tourThresholds)
			problems.add("LOADGEN_THRESHOLDS", tourThresholds, err)
		}
		if cfg.MaxConnections == 0 {
			cfg.MaxConnections = plan.TourConnections
		}
	}
	thresholds = report.WithMaxErrorRate(thresholds)
	if len(problems) == 0 {
		err := cfg.Check()
		if errors.Is(err, loadgen.ErrNotAllowed) {
			err = fmt.Errorf("%w; to load hosts of yours, name them with --allowed-hosts", err)
		}
		problems.add(s.loads(src), "", err)
	}
	if s.ReportDir != "" {
		problems.add("LOADGEN_REPORT_DIR", s.ReportDir, checkFolder(s.ReportDir))
	}
	for _, f := range s.files(s.Report) {
		if f.path != "" && f.path != stdoutName {
			problems.add(f.variable, f.path, checkFolder(filepath.Dir(f.path)))
		}
	}
	if len(problems) > 0 {
		return s, cfg, nil, &env.Error{Problems: problems}
	}
	return s, cfg, thresholds, nil
}

// checkFolder returns why there is no folder at path.
func checkFolder(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder", path)
	}
	return err
}

// loads is the variable that says what is loaded.
func (s *Settings) loads(src *source) string {
	switch {
	case len(src.targets) > 0:
		return commandLine
	case s.sources.variable() != "":
		return s.sources.variable()
	case s.Targets != "":
		return "LOADGEN_TARGETS"
	case s.URLs != "":
		return "LOADGEN_URLS"
	case named(s.Scenario):
		return "LOADGEN_BASE_URL"
	}
	return "LOADGEN_SCENARIO"
}

// commandLine is how messages name the targets that are no flag.
const commandLine = "URL"

// Scenarios that have a name instead of a file.
const (
	tourName   = "tour"
	steadyName = "steady"
)

func named(scenario string) bool { return scenario == tourName || scenario == steadyName }

// readScenario reads the scenario file, if one is named, and lays its defaults below src.
func readScenario(src *source) (*plan.Scenario, error) {
	if len(src.targets) > 0 {
		src.layDefaults()
		return nil, nil
	}
	path := src.get("LOADGEN_SCENARIO")
	if path == "" || named(path) || src.get("LOADGEN_TARGETS") != "" || src.get("LOADGEN_URLS") != "" || src.get("LOADGEN_CURL") != "" || src.get("LOADGEN_HAR") != "" {
		return nil, nil
	}
	wrong := func(err error) error {
		return &env.Error{Problems: []env.Problem{{Variable: "LOADGEN_SCENARIO", Value: path, Reason: err.Error()}}}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, wrong(fmt.Errorf("neither tour, nor steady, nor a file that can be read: %w", err))
	}
	scenario, err := plan.ParseScenario(data)
	if err != nil {
		return nil, wrong(err)
	}
	vars, err := declared()
	if err != nil {
		return nil, err
	}
	variables := byFlag(vars)
	src.file = map[string]string{}
	for flag, value := range scenario.Defaults {
		if variables[flag] == "" {
			return nil, wrong(fmt.Errorf("defaults: %q is no variable of the load generator", flag))
		}
		src.file[variables[flag]] = value
	}
	return &scenario, nil
}

// plan makes the plan that the settings ask for.
func (s *Settings) plan(src *source, scenario *plan.Scenario, problems *problems) plan.Plan {
	phase := plan.Phase{
		Name: "load", Loop: plan.Loop(s.Loop), Rate: s.Rate, Arrivals: pace.Process(s.Arrivals), Concurrency: s.Concurrency,
		Think: s.Think, Duration: s.Duration, Warmup: s.Warmup, Count: s.Count, Chain: s.chaining.Chain,
	}
	if s.Stages != "" {
		stages, err := pace.ParseStages(s.Stages)
		problems.add("LOADGEN_STAGES", s.Stages, err)
		phase.Stages, phase.Rate = stages, 0
		if _, ok := src.explicit("LOADGEN_DURATION"); !ok {
			phase.Duration = 0 // the stages say how long
		}
	}
	headers := s.connecting.authorize(s.headers(src, problems), problems)
	switch {
	case scenario != nil:
		if s.Requests > 0 {
			problems.add("LOADGEN_REQUESTS", strconv.Itoa(s.Requests), errors.New("the phases of a scenario file say how long they are"))
		}
		p, err := scenario.Plan(phase, func(flag string) bool {
			_, ok := src.explicit("LOADGEN_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
			return ok
		}, src.bodies.read)
		problems.add("LOADGEN_SCENARIO", s.Scenario, err)
		if err == nil {
			s.everyTarget(p, headers, problems)
		}
		return p
	case s.loads(src) == "LOADGEN_BASE_URL":
		return s.tour(phase, headers, problems)
	}
	problems.add("LOADGEN_REQUESTS", strconv.Itoa(s.Requests), s.limit(&phase, src))
	phase.Targets = s.targets(src, headers, problems)
	if phase.Loop == plan.Batch {
		if !phase.Chain {
			phase.Count *= max(1, len(phase.Targets))
		}
		phase.Duration, phase.Warmup = 0, 0
	}
	return plan.Plan{Name: "targets", Phases: []plan.Phase{phase}}
}

// tourThresholds hold over whole laps of the tour at its own rate, and show what
// thresholds are. One request in five of a lap meets the queue of climb.
const tourThresholds = "error_rate<1%,p50<250ms"

// tour makes the tour, whose phases choose the loop, the targets and the ramps.
func (s *Settings) tour(phase plan.Phase, headers []target.Header, problems *problems) plan.Plan {
	own := errors.New("the tour is an open loop with its own ramps; give LOADGEN_TARGETS or LOADGEN_URLS with it")
	if phase.Loop != plan.Open {
		problems.add("LOADGEN_LOOP", s.Loop, own)
	}
	if s.Stages != "" {
		problems.add("LOADGEN_STAGES", s.Stages, own)
	}
	if s.Requests > 0 {
		problems.add("LOADGEN_REQUESTS", strconv.Itoa(s.Requests), own)
	}
	p, err := plan.Tour(plan.TourConfig{
		Base: string(s.BaseURL), Rate: s.Rate, Arrivals: phase.Arrivals, Phase: s.Duration, Warmup: s.Warmup, Steady: s.Scenario == steadyName,
	})
	problems.add("LOADGEN_BASE_URL", string(s.BaseURL), err)
	s.everyTarget(p, headers, problems)
	return p
}

// everyTarget adds the headers to the targets of all phases.
func (s *Settings) everyTarget(p plan.Plan, headers []target.Header, problems *problems) {
	for i := range p.Phases {
		if err := addHeaders(p.Phases[i].Targets, headers); err != nil {
			problems.add("LOADGEN_HEADERS", s.Headers, err)
			return // every other target would say the same
		}
	}
}

// targets reads those of the command line or LOADGEN_TARGETS, or crosses LOADGEN_URLS with LOADGEN_METHODS.
func (s *Settings) targets(src *source, headers []target.Header, problems *problems) []target.Target {
	name, text := s.loads(src), ""
	var targets []target.Target
	var err error
	switch name {
	case commandLine:
		targets, err = s.given(src)
	case "LOADGEN_CURL", "LOADGEN_HAR":
		targets, err = s.sources.targets(src.bodies.read, s.chaining.Chain)
	case "LOADGEN_URLS":
		text = s.URLs
		targets, err = s.crossed(env.List(s.URLs), src)
	default:
		text = s.Targets
		targets, err = target.ParseWith(text, src.bodies.read)
	}
	given := slices.DeleteFunc([]string{s.Targets, s.URLs, s.sources.Curl, s.sources.HAR}, func(v string) bool { return v == "" })
	if name != commandLine && len(given) > 1 {
		err = errors.New("cannot be together with other sources of targets")
	}
	problems.add(name, text, err)
	if err == nil {
		problems.add("LOADGEN_HEADERS", s.Headers, addHeaders(targets, headers))
	}
	return targets
}

// addHeaders makes the targets again, with those of the headers that they do not name themselves.
func addHeaders(targets []target.Target, headers []target.Header) error {
	for i := range targets {
		own := targets[i].Headers
		for _, h := range headers {
			if !slices.ContainsFunc(own, h.SameName) {
				targets[i].Headers = append(slices.Clip(targets[i].Headers), h)
			}
		}
		made, err := target.New(targets[i])
		if err != nil {
			return err
		}
		targets[i] = made
	}
	return nil
}
