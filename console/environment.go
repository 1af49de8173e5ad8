package console

import (
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/experiments/desk"
	"loadlab/internal/app"
	"loadlab/internal/env"
)

// Environment is the configuration of a console whose upstreams are other
// containers. An empty address means that there is no such upstream.
type Environment struct {
	Prometheus string `env:"CONSOLE_PROMETHEUS_URL" help:"base URL of Prometheus's HTTP API"`
	Traces     string `env:"CONSOLE_TRACES_URL" help:"base URL of Jaeger's query API"`
	Faults     string `env:"CONSOLE_FAULT_URLS" help:"admin listeners of the services that can have faults, as name=base URL pairs separated by commas"`
	Jaeger     string `env:"CONSOLE_JAEGER_LINK" help:"Jaeger's page as the reader's browser reaches it"`
	Grafana    string `env:"CONSOLE_GRAFANA_LINK" help:"Grafana's page as the reader's browser reaches it"`
}

// Validate reports every address that cannot be used.
func (e *Environment) Validate() []env.Problem {
	var problems []env.Problem
	check := func(variable, value string) {
		if value == "" {
			return
		}
		if _, err := baseURL(value); err != nil {
			problems = append(problems, env.Problem{Variable: variable, Value: value, Reason: err.Error()})
		}
	}
	check("CONSOLE_PROMETHEUS_URL", e.Prometheus)
	check("CONSOLE_TRACES_URL", e.Traces)
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
		if _, err := baseURL(address); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		seen[name] = true
		all = append(all, Faults{Service: name, Admin: Upstream{URL: address}})
	}
	return all, nil
}

// Variables is the struct into which env.Parse reads the configuration.
func (e *Environment) Variables() any { return e }

// Open makes the console of containers. The load generator is the one whose
// control API is given, as a handler and by its base URL. There are experiments
// when there is a folder for their results; metrics and end are theirs.
func (e *Environment) Open(control http.Handler, base, results string) (page http.Handler, metrics prometheus.Collector, end func(), err error) {
	cfg := Config{
		Version: app.Version(), Mode: ModeContainers, Generator: Upstream{Handler: control},
		Prometheus: Upstream{URL: e.Prometheus}, Traces: Upstream{URL: e.Traces},
		Jaeger: e.Jaeger, Grafana: e.Grafana,
	}
	if cfg.Faults, err = e.faults(); err != nil {
		return nil, nil, nil, err
	}
	end = func() {}
	if results != "" {
		executable, err := os.Executable()
		if err != nil {
			return nil, nil, nil, fmt.Errorf("find this program's own file: %w", err)
		}
		experiments, err := desk.New(desk.Config{Executable: executable, Environ: os.Environ(), Folder: results, Load: base})
		if err != nil {
			return nil, nil, nil, err
		}
		cfg.Experiments.Handler, metrics, end = experiments.Handler(), experiments, experiments.Close
	}
	page, err = New(cfg)
	return page, metrics, end, err
}
