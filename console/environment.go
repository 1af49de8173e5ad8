package console

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/guard"
	"loadlab/internal/telemetry"
)

// Environment is the configuration of a console that is a program of its own. An empty address means that there is no such upstream.
type Environment struct {
	Addr        string      `env:"CONSOLE_ADDR" envDefault:"127.0.0.1:8089" help:"listener of the page, of its metrics and of its liveness"`
	Hosts       guard.Names `env:"CONSOLE_HOSTS" help:"host names under which the page is called, besides localhost and IP addresses, separated by commas; other names are answered 421"`
	Connections int         `env:"CONSOLE_MAX_CONNECTIONS" envDefault:"256" min:"1" max:"100000" unit:"connections" help:"connections to the listener that are open at once; a further one closes the one that has been idle for longest"`
	Generator   string      `env:"CONSOLE_GENERATOR_URL" help:"base URL of the load generator's admin listener"`
	Prometheus  string      `env:"CONSOLE_PROMETHEUS_URL" help:"base URL of Prometheus's HTTP API"`
	Traces      string      `env:"CONSOLE_TRACES_URL" help:"base URL of Jaeger's query API"`
	Faults      string      `env:"CONSOLE_FAULT_URLS" help:"admin listeners of the services that can have faults, as name=base URL pairs separated by commas"`
	Page        string      `env:"CONSOLE_LINK" help:"this page as the reader's browser reaches it, which the console prints at its start, and whose host it answers to; without it the listener's address"`
	Jaeger      string      `env:"CONSOLE_JAEGER_LINK" help:"Jaeger's page as the reader's browser reaches it"`
	Grafana     string      `env:"CONSOLE_GRAFANA_LINK" help:"Grafana's page as the reader's browser reaches it"`
	Results     string      `env:"LOADGEN_REPORT_DIR" help:"folder for results of experiments, which the console offers only then; shared with the generator, whose last exit the console reads there"`
}

// Variables returns all the declarations of the console: its own, and those of OpenTelemetry.
func Variables() []any { return []any{&Environment{}, &telemetry.Export{}} }

// Validate reports every address that cannot be used.
func (e *Environment) Validate() []env.Problem {
	var problems []env.Problem
	check := func(variable, value string) {
		if value == "" {
			return
		}
		if _, err := env.ParseBaseURL(value); err != nil {
			problems = append(problems, env.Problem{Variable: variable, Value: value, Reason: err.Error()})
		}
	}
	if _, _, err := net.SplitHostPort(e.Addr); err != nil {
		problems = append(problems, env.Problem{Variable: "CONSOLE_ADDR", Value: e.Addr, Reason: "not host:port"})
	}
	check("CONSOLE_GENERATOR_URL", e.Generator)
	check("CONSOLE_PROMETHEUS_URL", e.Prometheus)
	check("CONSOLE_TRACES_URL", e.Traces)
	check("CONSOLE_LINK", e.Page)
	check("CONSOLE_JAEGER_LINK", e.Jaeger)
	check("CONSOLE_GRAFANA_LINK", e.Grafana)
	if _, err := e.faults(); err != nil {
		problems = append(problems, env.Problem{Variable: "CONSOLE_FAULT_URLS", Value: e.Faults, Reason: err.Error()})
	}
	return problems
}

// faults reads the pairs; a name is a path element of the console.
func (e *Environment) faults() ([]Faults, error) {
	var all []Faults
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(e.Faults, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, address, ok := strings.Cut(strings.TrimSpace(pair), "=")
		switch {
		case !ok || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
			return nil, fmt.Errorf("%q is not name=base URL, with a name of a to z, 0 to 9, hyphens", pair)
		case seen[name]:
			return nil, fmt.Errorf("%s is there twice", name)
		}
		if _, err := env.ParseBaseURL(address); err != nil {
			return nil, fmt.Errorf("%s: %q is %w", name, address, err)
		}
		seen[name] = true
		all = append(all, Faults{Service: name, Admin: Upstream{URL: address}})
	}
	return all, nil
}

// names has the host of the page's own address too.
func (e *Environment) names() guard.Names {
	page, err := env.ParseBaseURL(e.Page)
	if err != nil { // no address: Validate reports others
		return e.Hosts
	}
	return append(slices.Clone(e.Hosts), strings.ToLower(page.Hostname()))
}

// Config is that of a console in containers. It is valid if Validate has found nothing.
func (e *Environment) Config() Config {
	faults, _ := e.faults() // Validate reports it
	cfg := Config{
		Version: app.Version(), Guard: guard.New("CONSOLE_HOSTS", e.names()), Mode: ModeContainers, Generator: Upstream{URL: e.Generator}, Reports: e.Results,
		Prometheus: Upstream{URL: e.Prometheus}, Traces: Upstream{URL: e.Traces}, Faults: faults,
		Jaeger: e.Jaeger, Grafana: e.Grafana,
	}
	if e.Prometheus != "" {
		cfg.Runtimes = runtimesScraped(e.Prometheus)
	}
	return cfg
}
