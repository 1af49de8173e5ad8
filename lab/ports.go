package lab

import (
	"context"
	"fmt"
	"net"

	"loadlab/internal/env"
)

// endpoint is an address that the lab needs, and the variable that moves it.
type endpoint struct {
	variable string
	port     *int
	service  bool // has an admin port too
}

func (c *Config) endpoints() []endpoint {
	all := []endpoint{{"CONSOLE_PORT", &c.Console, false}, {"LOADGEN_PORT", &c.Loadgen, false},
		{"PROMETHEUS_PORT", &c.Prometheus, false}, {"JAEGER_PORT", &c.Traces, false}, {"OTLP_PORT", &c.OTLP, false}}
	for _, s := range c.services() {
		all = append(all, endpoint{s.variable(), s.port, true})
	}
	return all
}

// settlePorts replaces each 0 by a free port and returns an *env.Error that
// names every port that is taken. Another program
// can still take one before the service listens; the service then reports it.
func (c *Config) settlePorts(ctx context.Context, further ...endpoint) error {
	var problems []env.Problem
	claimed := map[int]string{}
	for _, e := range append(c.endpoints(), further...) {
		for attempt := 0; *e.port == 0 && attempt < 100; attempt++ {
			*e.port = freePort(ctx, e.service, claimed)
		}
		numbers := []int{*e.port}
		if e.service {
			numbers = append(numbers, *e.port+adminOffset)
		}
		for i, number := range numbers {
			problem := env.Problem{Variable: e.variable, Value: fmt.Sprint(*e.port)}
			what := fmt.Sprintf("port %d", number)
			if i == 1 {
				what = fmt.Sprintf("its admin port %d, %d above,", number, adminOffset)
			}
			if other := claimed[number]; other != "" {
				problem.Reason = what + " is also that of " + other + "; set " + e.variable + " to another"
			} else if err := canListen(ctx, number); err != nil {
				problem.Reason = what + " cannot be used: " + err.Error() + "; set " + e.variable + " to another, or to 0 for a free one"
			}
			if problem.Reason != "" {
				problems = append(problems, problem)
				continue
			}
			claimed[number] = e.variable
		}
	}
	if len(problems) > 0 {
		return &env.Error{Problems: problems}
	}
	return nil
}

// freePort returns a free port, 0 if its admin port is not free.
func freePort(ctx context.Context, withAdmin bool, claimed map[int]string) int {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", loopback(0))
	if err != nil {
		return 0
	}
	defer listener.Close()
	number := listener.Addr().(*net.TCPAddr).Port
	admin := number + adminOffset
	switch {
	case claimed[number] != "":
		return 0
	case withAdmin && (admin > 65535 || claimed[admin] != "" || canListen(ctx, admin) != nil):
		return 0
	}
	return number
}

func canListen(ctx context.Context, port int) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", loopback(port))
	if err != nil {
		return err
	}
	return listener.Close()
}
