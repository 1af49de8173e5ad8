package comparison

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"loadlab/runtimes"
)

// lab is the command that has the tutorial's servers.
const lab = "lab"

// subject is a server that is compared.
type subject struct {
	name    string
	title   string
	command []string // of this repository, that becomes the server
	wait    string   // the route that waits; empty if there is none
	spin    string   // the route that computes, likewise
	version string   // of the runtime with its modules
	missing error    // why this machine cannot run it

	server *server // while it runs
}

// ownAdmin reports whether the metrics have a listener of their own.
func (s *subject) ownAdmin() bool { return s.command[0] != lab }

// services are the lab's own, each with its one kind of work.
func services() []*subject {
	return []*subject{
		{name: "iobound", title: "`iobound` of the lab", command: []string{"iobound"}, wait: "/io/wait"},
		{name: "cpubound", title: "`cpubound` of the lab", command: []string{"cpubound"}, spin: "/cpu/spin"},
	}
}

func serverNames() (names []string) {
	for _, s := range runtimes.All() {
		names = append(names, s.Name)
	}
	for _, s := range services() {
		names = append(names, s.name)
	}
	return names
}

// subjects are the servers of those names, all without names, found or not.
func subjects(ctx context.Context, names []string) (all []*subject, err error) {
	for _, s := range runtimes.All() {
		all = append(all, &subject{name: s.Name, title: s.Title, command: []string{lab, "runtime", s.Name}, wait: "/wait", spin: "/spin"})
	}
	all = slices.DeleteFunc(append(all, services()...), func(s *subject) bool { return len(names) > 0 && !slices.Contains(names, s.name) })
	for _, s := range all {
		s.version = runtime.Version()
		if server, isRuntime := runtimes.Named(s.name); isRuntime {
			if s.missing = server.Find(ctx); s.missing != nil {
				continue
			}
			if s.version, err = server.Version(ctx); err != nil {
				return nil, fmt.Errorf("find the version of %s: %w", s.name, err)
			}
		}
	}
	return all, nil
}
