// Package cli is the load generator as a command.
package cli

import (
	"cmp"
	"fmt"
	"net"
	"strings"
	"time"

	"loadlab/internal/env"
	"loadlab/internal/guard"
	"loadlab/internal/telemetry"
)

// Settings are the variables of the load generator. Each is a flag too: the
// name in lower case with hyphens, without LOADGEN_.
type Settings struct {
	Scenario string      `env:"LOADGEN_SCENARIO" envDefault:"tour" help:"scenario to run when no targets are given: tour, steady (the tour without its phase climb), or the path of a scenario file"`
	BaseURL  env.BaseURL `env:"LOADGEN_BASE_URL" envDefault:"http://127.0.0.1:8080" help:"address of the gateway that the tour visits"`
	Targets  string      `env:"LOADGEN_TARGETS" help:"targets: [weight*]METHOD URL [body], separated by semicolons; a body is a JSON object or array, @file, or @- for standard input; {seq}, {random}, {created} are filled in"`
	Headers  string      `env:"LOADGEN_HEADERS" help:"header fields of every request: Name: value, one a line; a semicolon separates two only where a name and a colon follow it; Host replaces the host of the URL"`
	URLs     string      `env:"LOADGEN_URLS" help:"instead of targets: URLs separated by commas, each loaded with every method"`
	Methods  string      `env:"LOADGEN_METHODS" envDefault:"GET" help:"methods for LOADGEN_URLS, separated by commas"`

	Loop        string        `env:"LOADGEN_LOOP" envDefault:"open" oneof:"open|closed|batch" help:"when to send: on schedule (open), when a reply arrives (closed), all at once (batch)"`
	Rate        float64       `env:"LOADGEN_RATE" envDefault:"40" min:"0" max:"1000000" unit:"requests per second" help:"rate of an open loop; scales the tour, which is designed for 40"`
	Arrivals    string        `env:"LOADGEN_ARRIVALS" envDefault:"constant" oneof:"constant|poisson" help:"spacing of the requests of an open loop: evenly, or at random (Poisson)"`
	Stages      string        `env:"LOADGEN_STAGES" help:"ramps of an open loop that begin at a rate of 0, as 30s:100,2m:500,30s:0"`
	Concurrency int           `env:"LOADGEN_CONCURRENCY" envDefault:"10" min:"1" max:"20000" unit:"requests" help:"requests in flight in a closed loop"`
	Think       time.Duration `env:"LOADGEN_THINK" envDefault:"0s" min:"0s" max:"1h" help:"pause of a closed loop between a reply and the next request"`
	Count       int           `env:"LOADGEN_COUNT" envDefault:"1" min:"1" max:"1000000" unit:"requests" help:"requests of a batch to each target, all sent at once"`
	Duration    time.Duration `env:"LOADGEN_DURATION" envDefault:"30s" min:"0s" max:"720h" help:"length of each phase, except climb in the tour; 0s means until the stages end or a signal arrives"`
	Warmup      time.Duration `env:"LOADGEN_WARMUP" envDefault:"0s" min:"0s" max:"1h" help:"first part of each phase, sent but not reported; at most the 18 s ramp of climb"`

	Timeout        time.Duration `env:"LOADGEN_TIMEOUT" envDefault:"0s" min:"0s" max:"10m" help:"time limit for a request, for connecting, and for waiting for a connection; 0s means 10s, or none in a batch"`
	MaxConnections int           `env:"LOADGEN_MAX_CONNECTIONS" envDefault:"0" min:"0" max:"20000" unit:"connections" help:"connections per host; 0 picks: closed = concurrency, batch = min(count, 1000), open = 256, tour = 2048"`
	KeepAlive      bool          `env:"LOADGEN_KEEPALIVE" envDefault:"true" help:"whether a connection serves more than one request"`
	ReadyURLs      string        `env:"LOADGEN_READY_URLS" help:"URLs that must answer 200 before the run starts, separated by commas; waited for up to a minute"`
	Client         string        `env:"LOADGEN_CLIENT" envDefault:"lean" oneof:"lean|std" help:"own HTTP/1.1 client, or net/http, which https always uses"`
	AllowedHosts   string        `env:"LOADGEN_ALLOWED_HOSTS" help:"hosts that may be loaded in addition to loopback, separated by commas"`
	Seed           uint64        `env:"LOADGEN_SEED" envDefault:"1" help:"makes Poisson arrivals the same in every run"`

	TraceRatio float64 `env:"LOADGEN_TRACE_RATIO" envDefault:"0.01" min:"0" max:"1" help:"share of requests whose trace is sampled; none without an exporter of spans"`

	Thresholds       string      `env:"LOADGEN_THRESHOLDS" help:"bounds that decide the exit code, as p99<250ms,error_rate<1%; without one on error_rate, error_rate<=1% is added; the tour has error_rate<1%,p50<250ms unless others are given"`
	ReportDir        string      `env:"LOADGEN_REPORT_DIR" help:"existing folder for the JSON report, named after the run, and for the reason of the last exit, which the console shows"`
	Report           string      `env:"LOADGEN_REPORT" help:"file for the JSON report, which is replaced whole; - means standard output, and everything else goes to standard error"`
	AdminAddr        string      `env:"LOADGEN_ADMIN_ADDR" envDefault:"127.0.0.1:8090" help:"admin listener: metrics, liveness and the control API; off means none"`
	AdminConnections int         `env:"LOADGEN_ADMIN_MAX_CONNECTIONS" envDefault:"128" min:"1" max:"100000" unit:"connections" help:"connections to the admin listener that are open at once; a further one closes the one that has been idle for longest"`
	AdminHosts       guard.Names `env:"LOADGEN_ADMIN_HOSTS" help:"host names under which the admin listener is called, besides localhost and IP addresses, separated by commas; other names are answered 421"`

	Outputs

	export telemetry.Export // read together with the others
}

// Validate checks what the tags cannot.
func (s *Settings) Validate() []env.Problem {
	var problems []env.Problem
	if s.AdminAddr != "off" {
		if _, _, err := net.SplitHostPort(s.AdminAddr); err != nil {
			problems = append(problems, env.Problem{Variable: "LOADGEN_ADMIN_ADDR", Value: s.AdminAddr, Reason: "not host:port, nor off"})
		}
	}
	if s.Targets != "" && s.URLs != "" {
		problems = append(problems, env.Problem{Variable: "LOADGEN_URLS", Value: s.URLs, Reason: "cannot be together with LOADGEN_TARGETS"})
	}
	return append(problems, s.outputProblems(s.Report)...)
}

// flagName is the flag that sets a variable.
func flagName(variable string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, "LOADGEN_")), "_", "-")
}

// formerNames are the names that variables had in the release before, by the
// name of today. They are accepted for one release, and the name of today wins.
var formerNames = map[string]string{"LOADGEN_ADMIN_ADDR": "LOADGEN_CONSOLE_ADDR"}

// A source looks variables up: flag, then environment, then scenario file.
type source struct {
	flags  map[string]string
	getenv env.Getenv
	file   map[string]string
	bodies *bodies
}

func (s source) get(name string) string {
	if v, ok := s.explicit(name); ok {
		return v
	}
	return cmp.Or(s.file[name], s.file[formerNames[name]])
}

// explicit is what a flag or the environment says, which outranks phases of a scenario file.
func (s source) explicit(name string) (string, bool) {
	v, ok := s.given(name)
	if former, renamed := formerNames[name]; renamed && !ok {
		return s.given(former)
	}
	return v, ok
}

// given is what a flag or the environment says under this name.
func (s source) given(name string) (string, bool) {
	if v, ok := s.flags[name]; ok {
		return v, true
	}
	v := s.getenv(name)
	return v, v != ""
}

// warnings name what is set under a former name.
func (s source) warnings() []string {
	var all []string
	for name, former := range formerNames {
		if _, given := s.given(former); given || s.file[former] != "" {
			all = append(all, fmt.Sprintf("%s is called %s now; the next release ignores the old name", former, name))
		}
	}
	return all
}

// byFlag are the variables by their flags, former names included.
func byFlag(vars []env.Var) map[string]string {
	names := map[string]string{}
	for _, v := range vars {
		names[flagName(v.Name)] = v.Name
	}
	for _, former := range formerNames {
		names[flagName(former)] = former
	}
	return names
}

// parseFlags reads --name=value or --name value for each variable.
func parseFlags(args []string, vars []env.Var) (map[string]string, []env.Problem) {
	names := byFlag(vars)
	values := map[string]string{}
	var problems []env.Problem
	for len(args) > 0 {
		name, value, has := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
		dashed := strings.HasPrefix(args[0], "-")
		args = args[1:]
		variable, known := names[name]
		if !dashed || !known {
			problems = append(problems, env.Problem{Variable: "--" + name, Reason: "no such flag; see loadgen --help"})
			continue
		}
		if !has {
			if len(args) == 0 {
				problems = append(problems, env.Problem{Variable: "--" + name, Reason: "needs a value"})
				continue
			}
			value, args = args[0], args[1:]
		}
		if _, twice := values[variable]; twice {
			problems = append(problems, env.Problem{Variable: "--" + name, Reason: "given twice"})
		}
		values[variable] = value
	}
	return values, problems
}

// Variables returns all the declarations of the load generator: its own, and
// those of OpenTelemetry.
func Variables() []any { return []any{&Settings{}, &telemetry.Export{}} }

// declared are the variables of the load generator.
func declared() ([]env.Var, error) {
	vars, err := env.Vars(Variables()...)
	if err != nil {
		return nil, fmt.Errorf("declare variables: %w", err)
	}
	return vars, nil
}
