package definition

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Bounds of a definition's services.
const (
	maxInstances = 10
	maxSettings  = 30
	maxSetting   = 1000 // bytes
)

var settingName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,49}$`)

func labServices() []string { return []string{"gateway", "iobound", "cpubound", "mixed", "items"} }

func (v *validator) instances() {
	d := v.d
	if len(d.Services) == 0 {
		return // the services are the user's own
	}
	if len(d.Services) > maxInstances {
		v.bad("$.services", "services must have at most %d entries", maxInstances)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Services)) {
		v.instance("$.services."+name, name)
	}
	for _, name := range d.ServiceNames() {
		if _, started := d.Services[name]; !started {
			v.bad("$.services", "the service %q, which the experiment uses, is missing", name)
		}
	}
}

func (v *validator) instance(path, name string) {
	instance, of := v.d.Services[name], v.d.of(name)
	if !serviceName.MatchString(name) {
		v.bad(path, "the name %q must be lower-case letters, digits or underscores, at most 50", name)
	}
	if known := append(labServices(), Collector); !slices.Contains(known, of) {
		v.bad(path, "of must be one of %s", strings.Join(known, ", "))
	}
	if instance.With != "" {
		v.sharing(path, name, instance)
	}
	if len(instance.Settings) > maxSettings {
		v.bad(path+".settings", "settings must have at most %d entries", maxSettings)
	}
	for _, variable := range slices.Sorted(maps.Keys(instance.Settings)) {
		v.setting(path+".settings."+variable, variable, instance.Settings[variable])
	}
}

// sharing checks an instance in the process of another.
func (v *validator) sharing(path, name string, instance Instance) {
	host, known := v.d.Services[instance.With]
	switch {
	case !known || instance.With == name:
		v.bad(path+".with", "with must be the name of another of the services")
	case host.With != "":
		v.bad(path+".with", "%s is itself with %s", instance.With, host.With)
	case v.d.of(name) == Collector || v.d.of(instance.With) == Collector:
		v.bad(path+".with", "a %s shares no process", Collector)
	case len(instance.Settings) > 0:
		v.bad(path+".settings", "the settings are those of the process, so they belong to %s", instance.With)
	}
	for other := range maps.Keys(v.d.Services) {
		shares := other == instance.With || v.d.Services[other].With == instance.With
		if shares && other != name && v.d.of(other) == v.d.of(name) && (other == instance.With || other < name) {
			v.bad(path+".with", "one process cannot be %s twice", v.d.of(name))
		}
	}
}

func (v *validator) setting(path, variable, value string) {
	switch {
	case !settingName.MatchString(variable):
		v.bad(path, "the setting %q must be upper-case letters, digits or underscores, at most 50", variable)
	case len(value) > maxSetting:
		v.bad(path, "the setting must have at most %d bytes", maxSetting)
	}
	for _, match := range serviceMark.FindAllStringSubmatch(value, -1) {
		if _, known := v.d.Services[match[1]]; !known {
			v.bad(path, "there is no service %q", match[1])
		}
	}
}
