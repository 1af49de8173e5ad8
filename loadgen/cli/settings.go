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
// name in lower case with hyphens, without LOADGEN_. Tags that package env does not know
// are those of newOption.
type Settings struct {
	Scenario string      `env:"LOADGEN_SCENARIO" short:"s" value:"FILE" group:"Load" brief:"load of a scenario file" envDefault:"tour" help:"scenario to run when no targets are given: tour, steady (the tour without its phase climb), or the path of a scenario file"`
	BaseURL  env.BaseURL `env:"LOADGEN_BASE_URL" value:"URL" group:"Load" envDefault:"http://127.0.0.1:8080" help:"address of the gateway that the tour visits"`
	Targets  string      `env:"LOADGEN_TARGETS" value:"TARGETS" group:"Requests" help:"targets: [weight*]METHOD URL [body], separated by semicolons; a body is a JSON object or array, @file, or @- for standard input; {seq}, {random}, {created} and other placeholders are filled in"`
	Headers  string      `env:"LOADGEN_HEADERS" value:"LINES" group:"Requests" help:"header fields of every request: Name: value, one a line; a semicolon separates two only where a name and a colon follow it; Host replaces the host of the URL"`
	URLs     string      `env:"LOADGEN_URLS" value:"URLS" group:"Requests" help:"instead of targets: URLs separated by commas, each loaded with every method"`
	Methods  string      `env:"LOADGEN_METHODS" short:"m" value:"METHODS" group:"Requests" brief:"GET, or POST with a body" envDefault:"GET" help:"methods of URLs, separated by commas; POST if there is a body and no method is given"`
	Body     string      `env:"LOADGEN_BODY" short:"d" value:"BODY" group:"Requests" brief:"text, @file, or @- for standard input" help:"body of the requests to URLs: text, @file, or @- for standard input"`

	Loop        string        `env:"LOADGEN_LOOP" value:"LOOP" group:"Load" envDefault:"open" oneof:"open|closed|batch" help:"when to send: on schedule (open), when a reply arrives (closed), all at once (batch)"`
	Rate        float64       `env:"LOADGEN_RATE" short:"q" value:"N" group:"Load" brief:"requests per second: an open loop" envDefault:"40" min:"0" max:"1000000" unit:"requests per second" help:"rate of an open loop; scales the tour, which is designed for 40"`
	Arrivals    string        `env:"LOADGEN_ARRIVALS" value:"PROCESS" group:"Load" envDefault:"constant" oneof:"constant|poisson" help:"spacing of the requests of an open loop: evenly, or at random (Poisson)"`
	Stages      string        `env:"LOADGEN_STAGES" value:"STAGES" group:"Load" brief:"ramps of a rate, as 30s:100,2m:500,30s:0" help:"ramps of an open loop that begin at a rate of 0, as 30s:100,2m:500,30s:0"`
	Concurrency int           `env:"LOADGEN_CONCURRENCY" short:"c" value:"N" group:"Load" brief:"requests at a time (10); with -q, at most" envDefault:"10" min:"1" max:"20000" unit:"requests" help:"requests in flight in a closed loop"`
	Think       time.Duration `env:"LOADGEN_THINK" value:"TIME" group:"Load" envDefault:"0s" min:"0s" max:"1h" help:"pause of a closed loop between a reply and the next request"`
	Count       int           `env:"LOADGEN_COUNT" value:"N" group:"Load" envDefault:"1" min:"1" max:"1000000" unit:"requests" help:"requests of a batch to each target, all sent at once"`
	Requests    int           `env:"LOADGEN_REQUESTS" envDefault:"0" min:"0" max:"1000000000" unit:"requests" short:"n" value:"N" group:"Load" brief:"end after so many requests" help:"number of requests after which a closed loop ends, and an open one at a constant rate; 0 means no limit; without a duration there is no other limit"`
	Duration    time.Duration `env:"LOADGEN_DURATION" short:"z" value:"TIME" group:"Load" brief:"length of the run (10s)" envDefault:"30s" min:"0s" max:"720h" help:"length of each phase, except climb in the tour; 0s means until the stages end or a signal arrives"`
	Warmup      time.Duration `env:"LOADGEN_WARMUP" value:"TIME" group:"Load" envDefault:"0s" min:"0s" max:"1h" help:"first part of each phase, sent but not reported; at most the 18 s ramp of climb"`

	Timeout        time.Duration `env:"LOADGEN_TIMEOUT" short:"t" value:"TIME" group:"Requests" brief:"give a request up after this time (10s)" envDefault:"0s" min:"0s" max:"10m" help:"time limit for a request, for connecting, and for waiting for a connection; 0s means 10s, or none in a batch"`
	MaxConnections int           `env:"LOADGEN_MAX_CONNECTIONS" value:"N" group:"Requests" envDefault:"0" min:"0" max:"20000" unit:"connections" help:"connections per host; 0 picks: closed = concurrency, batch = min(count, 1000), open = 256, tour = 2048"`
	KeepAlive      bool          `env:"LOADGEN_KEEPALIVE" group:"Requests" envDefault:"true" help:"whether a connection serves more than one request"`
	ReadyURLs      string        `env:"LOADGEN_READY_URLS" value:"URLS" group:"Load" help:"URLs that must answer 200 before the run starts, separated by commas; waited for up to a minute"`
	Client         string        `env:"LOADGEN_CLIENT" value:"CLIENT" group:"Requests" envDefault:"lean" oneof:"lean|std" help:"own HTTP/1.1 client, or net/http, which is always used for https and for what else the own one cannot do; the report says why"`
	AllowedHosts   string        `env:"LOADGEN_ALLOWED_HOSTS" value:"LIST" group:"Requests" brief:"hosts that may be loaded besides loopback" help:"hosts that may be loaded in addition to loopback, separated by commas"`
	Seed           uint64        `env:"LOADGEN_SEED" value:"N" group:"Load" envDefault:"1" help:"makes Poisson arrivals the same in every run"`

	TraceRatio float64 `env:"LOADGEN_TRACE_RATIO" value:"SHARE" group:"Results" envDefault:"0.01" min:"0" max:"1" help:"share of requests whose trace is sampled; none without an exporter of spans"`

	Thresholds       string      `env:"LOADGEN_THRESHOLDS" value:"LIST" group:"Results" brief:"exit code, as p99<250ms,error_rate<1%" help:"bounds that decide the exit code, as p99<250ms,error_rate<1%; without one on error_rate, error_rate<=1% is added; the tour has error_rate<1%,p50<250ms unless others are given"`
	ReportDir        string      `env:"LOADGEN_REPORT_DIR" value:"FOLDER" group:"Results" help:"existing folder for the JSON report, named after the run, and for the reason of the last exit, which the console shows"`
	Report           string      `env:"LOADGEN_REPORT" short:"o" value:"FILE" group:"Results" brief:"JSON report; - is the standard output" help:"file for the JSON report, which is replaced whole; - means standard output, and everything else goes to standard error"`
	AdminAddr        string      `env:"LOADGEN_ADMIN_ADDR" value:"ADDRESS" group:"Steering" envDefault:"127.0.0.1:8090" help:"admin listener: metrics, liveness and the control API; off means none"`
	AdminConnections int         `env:"LOADGEN_ADMIN_MAX_CONNECTIONS" value:"N" group:"Steering" envDefault:"128" min:"1" max:"100000" unit:"connections" help:"connections to the admin listener that are open at once; a further one closes the one that has been idle for longest"`
	AdminHosts       guard.Names `env:"LOADGEN_ADMIN_HOSTS" value:"HOSTS" group:"Steering" help:"host names under which the admin listener is called, besides localhost and IP addresses, separated by commas; other names are answered 421"`

	Outputs

	connecting Connecting // read together with the others
	judging    Judging
	feeding    Feeding
	chaining   Chaining
	sources    Sources
	export     telemetry.Export // read together with the others
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

// A source looks variables up: flag, then environment, then scenario file or the defaults of a run by URLs.
type source struct {
	flags   map[string]string
	getenv  env.Getenv
	file    map[string]string
	bodies  *bodies
	targets []string // of the command line, each a URL or a target
	headers []string // of the command line, each a whole header
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

// Variables returns all the declarations of the load generator: its own, and
// those of OpenTelemetry.
func Variables() []any {
	return []any{&Settings{}, &Connecting{}, &Judging{}, &Feeding{}, &Chaining{}, &Sources{}, &telemetry.Export{}}
}

// declared are the variables of the load generator.
func declared() ([]env.Var, error) {
	vars, err := env.Vars(Variables()...)
	if err != nil {
		return nil, fmt.Errorf("declare variables: %w", err)
	}
	return vars, nil
}
