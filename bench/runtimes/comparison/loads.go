package comparison

import (
	"fmt"
	"slices"
	"time"
)

// load is what every server is asked to do, in a closed loop.
type load struct {
	name        string
	title       string
	connections int
	ms          int  // argument of the route
	route       kind // that is asked
	cores       int  // that a request needs for ms; 0 for a wait
}

// kind is a kind of route.
type kind int

const (
	either kind = iota // the route that computes, or else the one that waits
	waits
	computes
)

// loads are offered in this order. The smallest reply is that of a computation
// of 0 ms: a timer of 0 ms takes Node.js a millisecond.
func loads() []load {
	return []load{
		{name: "reply", title: "Smallest reply", connections: 16},
		{name: "wait-1ms", title: "Waits of 1 ms", connections: 16, ms: 1, route: waits},
		{name: "wait-5ms", title: "Waits of 5 ms", connections: 16, ms: 5, route: waits},
		{name: "spin-5ms", title: "Computations of 5 ms", connections: 4, ms: 5, route: computes, cores: 1},
	}
}

func loadNames() (names []string) {
	for _, l := range loads() {
		names = append(names, l.name)
	}
	return names
}

// path is the URL's path for a server; empty if the server has no such route.
func (l load) path(s *subject) string {
	route := map[kind]string{waits: s.wait, computes: s.spin, either: s.spin}[l.route]
	if l.route == either && route == "" {
		route = s.wait
	}
	if route == "" {
		return ""
	}
	return fmt.Sprintf("%s?ms=%d", route, l.ms)
}

// most is the rate that the waits or the one core allow, per second; 0 without a bound.
func (l load) most() float64 {
	if l.ms == 0 {
		return 0
	}
	atOnce := l.connections
	if l.cores > 0 {
		atOnce = l.cores
	}
	return float64(atOnce) * float64(time.Second/time.Millisecond) / float64(l.ms)
}

// chosen are the loads of those names; all without names.
func chosen(names []string) []load {
	return slices.DeleteFunc(loads(), func(l load) bool { return len(names) > 0 && !slices.Contains(names, l.name) })
}
