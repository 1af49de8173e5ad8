package compare

import (
	"fmt"
	"maps"
	"slices"

	"loadlab/experiments/result"
)

// notes say what differs apart from the figures.
func notes(a, b *result.Result) []string {
	var all []string
	note := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if a.Machine != b.Machine {
		note("the machine: %s with %s", machineWords(a.Machine), machineWords(b.Machine))
	}
	for _, name := range keysOfBoth(a.Given, b.Given) {
		if x, y := a.Given[name], b.Given[name]; x != y {
			note("given %s: %g with %g", name, x, y)
		}
	}
	for _, service := range keysOfBoth(a.Settings, b.Settings) {
		for _, name := range keysOfBoth(a.Settings[service], b.Settings[service]) {
			if x, y := a.Settings[service][name], b.Settings[service][name]; x != y {
				note("setting %s of %s: %q with %q", name, service, x, y)
			}
		}
	}
	if len(a.Rounds) != len(b.Rounds) {
		note("rounds: %d with %d", len(a.Rounds), len(b.Rounds))
	}
	if a.Quick != b.Quick {
		note("one of the runs is quick: its loads were shorter")
	}
	for _, side := range []struct {
		name string
		r    *result.Result
	}{{"A", a}, {"B", b}} {
		switch {
		case side.r.Interrupted:
			note("%s is incomplete", side.name)
		case side.r.Verdict == result.Invalid:
			note("%s is invalid, so its figures may be those of the generator or of a disturbed machine", side.name)
		}
	}
	if a.ID == b.ID {
		note("the two are the same run")
	}
	return all
}

func keysOfBoth[V any](a, b map[string]V) []string {
	both := map[string]bool{}
	for name := range a {
		both[name] = true
	}
	for name := range b {
		both[name] = true
	}
	return slices.Sorted(maps.Keys(both))
}

func machineWords(m result.Machine) string {
	return fmt.Sprintf("%s/%s, %d cores, %s", m.OS, m.Arch, m.Cores, m.Go)
}
