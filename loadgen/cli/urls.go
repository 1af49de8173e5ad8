package cli

import (
	"errors"
	"fmt"
	"strings"

	"loadlab/internal/decimal"
	"loadlab/internal/env"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/target"
)

// isURL reports whether an argument is meant as a URL or a target rather than as a command.
func isURL(arg string) bool {
	return strings.ContainsAny(arg, ":/. \t\n") || arg == "localhost"
}

// layDefaults makes a run of the URLs of the command line as short as its user expects: a closed
// loop for 10 s, or an open one if there is a rate, without an admin listener, whose port another run may have.
func (s *source) layDefaults() {
	has := func(variable string) bool { _, ok := s.explicit(variable); return ok }
	s.file = map[string]string{"LOADGEN_LOOP": string(plan.Closed), "LOADGEN_DURATION": "10s", "LOADGEN_ADMIN_ADDR": "off"}
	if has("LOADGEN_RATE") || has("LOADGEN_STAGES") {
		s.file["LOADGEN_LOOP"] = string(plan.Open)
	}
	if s.get("LOADGEN_LOOP") == string(plan.Open) && has("LOADGEN_CONCURRENCY") {
		s.file["LOADGEN_MAX_CONNECTIONS"] = s.get("LOADGEN_CONCURRENCY")
	}
}

// given makes the targets of the command line.
func (s *Settings) given(src *source) ([]target.Target, error) {
	var targets []target.Target
	var errs []error
	urls := 0
	for _, arg := range src.targets {
		var made []target.Target
		var err error
		if isTarget(arg) {
			made, err = target.ParseWith(arg, src.bodies.read)
		} else {
			urls++
			made, err = s.crossed([]string{withScheme(arg)}, src)
		}
		errs = append(errs, err)
		targets = append(targets, made...)
	}
	if _, ok := src.explicit("LOADGEN_BODY"); ok && urls == 0 {
		errs = append(errs, errors.New("a body is for URLs; write it after the URL of a target"))
	}
	if _, ok := src.explicit("LOADGEN_METHODS"); ok && urls == 0 {
		errs = append(errs, errors.New("methods are for URLs; write the method before the URL of a target"))
	}
	if n := len(targets); n > target.MaxTargets {
		errs = append(errs, fmt.Errorf("%d targets, more than %d", n, target.MaxTargets))
	}
	return targets, errors.Join(errs...)
}

// isTarget reports whether an argument is more than a URL: a method, a weight, a header or a body.
func isTarget(arg string) bool {
	head, _, _ := strings.Cut(arg, "://")
	return strings.ContainsAny(arg, " \t\n") || strings.Contains(head, "*")
}

// withScheme is the URL, which may lack http://.
func withScheme(url string) string {
	if scheme, _, has := strings.Cut(url, "://"); has && !strings.ContainsAny(scheme, "/?#") {
		return url
	}
	return "http://" + url
}

// crossed makes a target of each URL with each method, all with the body.
func (s *Settings) crossed(urls []string, src *source) ([]target.Target, error) {
	body, err := s.body(src)
	if err != nil {
		return nil, err
	}
	methods := env.List(s.Methods)
	if _, ok := src.explicit("LOADGEN_METHODS"); !ok && body != "" {
		if _, err := decimal.Duration(body); err == nil && body != "0" { // as wrk has it
			return nil, fmt.Errorf("the body %q is a duration; --duration is the length of the run, and a body like that needs --methods", body)
		}
		methods = []string{"POST"}
	}
	var targets []target.Target
	var errs []error
	for _, url := range urls {
		for _, method := range methods {
			made, err := target.New(target.Target{Method: strings.ToUpper(method), URL: url, Body: body})
			errs = append(errs, err)
			targets = append(targets, made)
		}
	}
	if n := len(targets); n == 0 || n > target.MaxTargets {
		errs = append(errs, fmt.Errorf("the URLs and methods make %d targets, not 1 to %d", n, target.MaxTargets))
	}
	return targets, errors.Join(errs...)
}

// body is LOADGEN_BODY, or the content of the file that it names.
func (s *Settings) body(src *source) (string, error) {
	name, file := strings.CutPrefix(s.Body, "@")
	if !file {
		return s.Body, nil
	}
	body, err := src.bodies.read(name)
	if err != nil {
		return "", fmt.Errorf("body of file %q: %w", name, err)
	}
	return body, nil
}

// limit ends a phase after LOADGEN_REQUESTS.
func (s *Settings) limit(phase *plan.Phase, src *source) error {
	if s.Requests == 0 {
		return nil
	}
	if _, ok := src.explicit("LOADGEN_DURATION"); !ok {
		phase.Duration = 0
	}
	switch {
	case phase.Loop == plan.Closed:
		phase.Requests = s.Requests
	case phase.Loop == plan.Batch:
		return errors.New("a batch has --count requests to each target instead")
	case len(phase.Stages) > 0:
		return errors.New("stages say how many requests there are")
	case phase.Arrivals == pace.Poisson:
		return errors.New("how many requests arrive at random is not known before; give a duration")
	default:
		profile := phase.Profile()
		due, ok := profile.Due(float64(s.Requests)) // when the first one too many is due
		if ok && (phase.Duration == 0 || due < phase.Duration) {
			phase.Duration = due
		}
	}
	return nil
}
