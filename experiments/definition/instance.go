package definition

import (
	"maps"
	"slices"
)

// Collector is an instance that takes spans, by OTLP over HTTP, and throws them away.
const Collector = "collector"

// Instance is a service of the lab that is started for an experiment, unless
// the environment has an address under its name.
type Instance struct {
	Of   string `yaml:"of"`   // gateway, iobound, cpubound, mixed, items or collector; by default its own name
	With string `yaml:"with"` // the instance whose process it shares; by default it has one of its own
	// Settings are environment variables of the process. {name} is replaced by the address of another instance, {name.admin} by that of its admin surface.
	Settings map[string]string `yaml:"settings"`
}

// Process is what to start: services of the lab that share it.
type Process struct {
	Name     string
	Serve    map[string]string // the services of the lab, by the names of the instances
	Settings map[string]string // see Env.Resolve
}

// of is the service of the lab that the instance is.
func (d *Definition) of(name string) string {
	if of := d.Services[name].Of; of != "" {
		return of
	}
	return name
}

// Processes are those that d wants, in alphabetical order, without the
// instances that have an address in e.
func (d *Definition) Processes(e Env) []Process {
	byName := map[string]Process{}
	for name, instance := range d.Services {
		if e.Services[name].URL != "" {
			continue
		}
		process := name
		if instance.With != "" {
			process = instance.With
		}
		if byName[process].Serve == nil {
			byName[process] = Process{Name: process, Serve: map[string]string{}, Settings: d.Services[process].Settings}
		}
		byName[process].Serve[name] = d.of(name)
	}
	var all []Process
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, byName[name])
	}
	return all
}
