package lab

import (
	"context"
	"strings"

	"loadlab/runtimes"
	"loadlab/runtimes/nethttp"
)

// tutorialServer is the tutorial's server on a runtime, with where it listens.
type tutorialServer struct {
	runtimes.Server
	port *int // in the configuration
}

func (s tutorialServer) variable() string { return strings.ToUpper(s.Name) + "_PORT" }
func (s tutorialServer) address() string  { return loopback(*s.port) }

// foundRuntimes returns the servers that this machine can run, and why it
// cannot run the others.
func (c *Config) foundRuntimes(ctx context.Context) (found []tutorialServer, missing []error) {
	ports := map[string]*int{"tornado": &c.Tornado, "asyncio": &c.Asyncio, "uvloop": &c.Uvloop, "node": &c.Node, nethttp.Name: &c.NetHTTP}
	for _, s := range runtimes.All() {
		if err := s.Find(ctx); err != nil {
			missing = append(missing, err)
			continue
		}
		found = append(found, tutorialServer{s, ports[s.Name]})
	}
	return found, missing
}

func runtimeEndpoints(all []tutorialServer) (endpoints []endpoint) {
	for _, s := range all {
		endpoints = append(endpoints, endpoint{s.variable(), s.port, false})
	}
	return endpoints
}

// runtimeNames are those of all servers, found or not.
func runtimeNames() (names []string) {
	for _, s := range runtimes.All() {
		names = append(names, s.Name)
	}
	return names
}

// runtimeNames are those of the servers that run.
func (l *running) runtimeNames() (names []string) {
	for _, s := range l.runtimes {
		names = append(names, s.Name)
	}
	return names
}
