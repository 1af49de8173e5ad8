package cli

import (
	"slices"

	"loadlab/loadgen/plan"
	"loadlab/loadgen/responsecheck"
)

// Judging are the variables that say which responses are successes.
type Judging struct {
	Checks string `env:"LOADGEN_CHECKS" value:"LIST" group:"Requests" help:"expressions that must hold for every response, separated by semicolons or line breaks, over status, size, body, header(name), json(path)"`
}

// apply adds the checks to those that targets have themselves.
func (j *Judging) apply(p *plan.Plan, problems *problems) {
	checks, err := responsecheck.ParseList(j.Checks)
	problems.add("LOADGEN_CHECKS", j.Checks, err)
	for i := range p.Phases {
		for k := range p.Phases[i].Targets {
			t := &p.Phases[i].Targets[k]
			t.Checks = append(slices.Clip(t.Checks), checks...)
		}
	}
}
