package definition

import (
	"fmt"
	"strings"
)

func (v *validator) definition() {
	d := v.d
	if !experimentName.MatchString(d.Name) {
		v.bad("$.name", "name must be lower-case letters, digits or hyphens, at most 50")
	}
	for _, text := range []struct{ key, value string }{
		{"title", d.Title}, {"question", d.Question}, {"hypothesis", d.Hypothesis}, {"explanation", d.Explanation},
	} {
		if strings.TrimSpace(text.value) == "" {
			v.bad("$."+text.key, "%s is missing", text.key)
		}
	}
	if d.Repeats < 0 || d.Repeats > MaxRepeats {
		v.bad("$.repeats", "repeats must be from 1 to %d", MaxRepeats)
	}
	names := map[string]bool{}
	for name := range d.Given {
		v.name(names, "$.given."+name, name)
	}
	if len(d.Steps) == 0 || len(d.Steps) > MaxSteps {
		v.bad("$.steps", "steps must have from 1 to %d entries", MaxSteps)
	}
	for i := range d.Steps {
		path := fmt.Sprintf("$.steps[%d]", i)
		v.name(names, path+".name", d.Steps[i].Name)
		v.step(path, &d.Steps[i])
	}
	for i, figure := range d.Figures {
		v.name(names, fmt.Sprintf("$.figures[%d].name", i), figure.Name)
	}
	v.needs()
	v.instances()
	if len(d.Checks) == 0 {
		v.bad("$.checks", "checks must have an entry")
	}
	if len(v.problems) == 0 { // expressions over wrong steps would only repeat their problems
		v.expressions()
	}
}

func (v *validator) name(taken map[string]bool, path, name string) {
	switch {
	case !identifier.MatchString(name):
		v.bad(path, "the name %q must be lower-case letters, digits or underscores, at most 50", name)
	case taken[name]:
		v.bad(path, "the name %q is taken", name)
	}
	taken[name] = true
}

func (v *validator) needs() {
	for i, need := range v.d.Needs {
		path := fmt.Sprintf("$.needs[%d]", i)
		if !serviceName.MatchString(need.Service) {
			v.bad(path+".service", "service must be the name of a service")
		}
		if need.Setting == "" {
			v.bad(path+".setting", "setting is missing: it says how to start the service")
		}
		switch {
		case (need.Metric == "") != (need.Equals == "" && need.Min == ""):
			v.bad(path, "metric goes with equals or min")
		case need.Equals != "" && need.Min != "":
			v.bad(path, "a need has equals or min, not both")
		}
	}
}
