package maxrate

import (
	"loadlab/loadgen"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
)

// load is the generator's configuration for one measurement.
func (c Config) load(rate float64, number uint64) loadgen.Config {
	arrivals := c.Arrivals
	if arrivals == "" {
		arrivals = pace.Even
	}
	return loadgen.Config{
		Plan: plan.Plan{Name: "max", Phases: []plan.Phase{{
			Name: "max", Loop: plan.Open, Targets: c.Targets, Rate: rate, Arrivals: arrivals,
			Duration: c.Warmup + c.Duration, Warmup: c.Warmup,
		}}},
		Seed: c.Seed + number, Timeout: c.Timeout, MaxConnections: c.Connections, AllowedHosts: c.AllowedHosts,
	}
}
