package definition

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"loadlab/internal/env"
)

// Service is where a service is reached.
type Service struct {
	URL   string // of its traffic, without a slash at the end
	Admin string // of its admin surface; empty if it has none
}

// Env is where the services of an experiment are.
type Env struct {
	Services     map[string]Service // by name
	AllowedHosts []string           // other than loopback, that may be loaded
}

// OrLab is e with the default addresses of cmd/lab for the services that have
// none. A service that needs another setting than that of cmd/lab has no default.
func (e Env) OrLab() Env {
	ports := map[string]int{"gateway": 8080, "iobound": 8081, "cpubound": 8082, "mixed": 8083, "items": 8084}
	filled := Env{Services: maps.Clone(e.Services), AllowedHosts: e.AllowedHosts}
	for name, port := range ports {
		if service, named := filled.Services[name]; named && service.URL == "" {
			filled.Services[name] = Service{URL: fmt.Sprint("http://127.0.0.1:", port), Admin: fmt.Sprint("http://127.0.0.1:", port+1000)}
		}
	}
	return filled
}

// ReadEnv looks the services that d names up: NAME_URL with NAME_ADMIN_URL.
// LOADGEN_ALLOWED_HOSTS is a comma-separated list.
func ReadEnv(d *Definition, getenv env.Getenv) (Env, error) {
	e := Env{Services: map[string]Service{}}
	var wrong []string
	address := func(name string) string {
		value := getenv(name)
		if value == "" {
			return ""
		}
		base, err := env.ParseBaseURL(value)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %q is %v", name, value, err))
			return ""
		}
		return base.String()
	}
	for _, service := range slices.Concat(d.ServiceNames(), slices.Sorted(maps.Keys(d.Services))) {
		upper := strings.ToUpper(service)
		e.Services[service] = Service{URL: address(upper + "_URL"), Admin: address(upper + "_ADMIN_URL")}
	}
	e.AllowedHosts = AllowedHosts(getenv)
	if len(wrong) > 0 {
		return Env{}, fmt.Errorf("addresses of services: %s", strings.Join(wrong, "; "))
	}
	return e, nil
}

// AllowedHosts are those of LOADGEN_ALLOWED_HOSTS: they may be loaded in addition to loopback.
func AllowedHosts(getenv env.Getenv) []string {
	var hosts []string
	for host := range strings.SplitSeq(getenv("LOADGEN_ALLOWED_HOSTS"), ",") {
		if host = strings.TrimSpace(host); host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// ServiceNames are those that d names, each once, in alphabetical order.
func (d *Definition) ServiceNames() []string {
	names := map[string]bool{}
	for i := range d.Steps {
		s := &d.Steps[i]
		for _, match := range serviceMark.FindAllStringSubmatch(s.targets(), -1) {
			names[match[1]] = true
		}
		if s.Watch != "" {
			names[s.Watch] = true
		}
		for _, fault := range s.Faults {
			names[fault.Service] = true
		}
	}
	for _, need := range d.Needs {
		names[need.Service] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// AdminNames are those of the services whose admin surface is a target.
func (d *Definition) AdminNames() []string {
	names := map[string]bool{}
	for i := range d.Steps {
		for _, match := range serviceMark.FindAllStringSubmatch(d.Steps[i].targets(), -1) {
			if match[2] != "" {
				names[match[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Resolve puts addresses into a target or a setting: that of a service for
// {name}, that of its admin surface for {name.admin}.
func (e Env) Resolve(text string) string {
	return serviceMark.ReplaceAllStringFunc(text, func(mark string) string {
		name, admin := strings.CutSuffix(mark[1:len(mark)-1], ".admin")
		if admin {
			return e.Services[name].Admin
		}
		return e.Services[name].URL
	})
}
