package experiments

import (
	"fmt"
	"net/url"
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
	AllowedHosts []string           // beside loopback, that may be loaded
}

// defaults are the addresses of cmd/lab.
func defaults(service string) Service {
	ports := map[string]int{"gateway": 8080, "iobound": 8081, "cpubound": 8082, "mixed": 8083, "items": 8084}
	port, known := ports[service]
	if !known {
		return Service{}
	}
	return Service{URL: fmt.Sprint("http://127.0.0.1:", port), Admin: fmt.Sprint("http://127.0.0.1:", port+1000)}
}

// ReadEnv finds the services that d names: NAME_URL with NAME_ADMIN_URL, by
// default those of cmd/lab. A service that needs another setting has no default.
// LOADGEN_ALLOWED_HOSTS is a comma-separated list.
func ReadEnv(d *Definition, getenv env.Getenv) (Env, error) {
	e := Env{Services: map[string]Service{}}
	var wrong []string
	address := func(name, otherwise string) string {
		value := getenv(name)
		if value == "" {
			return otherwise
		}
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %q must be an address such as http://127.0.0.1:8081", name, value))
		}
		return strings.TrimSuffix(value, "/")
	}
	for _, service := range d.services() {
		known, upper := defaults(service), strings.ToUpper(service)
		if getenv(upper+"_URL") != "" {
			known.Admin = "" // another address has another admin surface
		}
		e.Services[service] = Service{URL: address(upper+"_URL", known.URL), Admin: address(upper+"_ADMIN_URL", known.Admin)}
	}
	for host := range strings.SplitSeq(getenv("LOADGEN_ALLOWED_HOSTS"), ",") {
		if host = strings.TrimSpace(host); host != "" {
			e.AllowedHosts = append(e.AllowedHosts, host)
		}
	}
	if len(wrong) > 0 {
		return Env{}, fmt.Errorf("addresses of services: %s", strings.Join(wrong, "; "))
	}
	return e, nil
}

// services are those that d names, each once, in alphabetical order.
func (d *Definition) services() []string {
	names := map[string]bool{}
	mentioned := func(target string) {
		for _, match := range serviceMark.FindAllStringSubmatch(target, -1) {
			names[match[1]] = true
		}
	}
	for i := range d.Steps {
		s := &d.Steps[i]
		mentioned(s.Target)
		if s.Beside != nil {
			mentioned(s.Beside.Target)
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
	return sortedKeys(names)
}

// resolve puts addresses into a target.
func (e Env) resolve(target string) string {
	return serviceMark.ReplaceAllStringFunc(target, func(mark string) string {
		return e.Services[mark[1:len(mark)-1]].URL
	})
}
