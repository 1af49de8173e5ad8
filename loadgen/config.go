package loadgen

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"loadlab/loadgen/plan"
)

// Config is what to run. It has no environment in it.
type Config struct {
	Plan plan.Plan

	// Timeout bounds the service time of a request, its connecting, and its wait
	// for a connection, each. 0 means 10 s, and no limit in a batch.
	Timeout time.Duration
	// Drain bounds how long requests in flight are waited for at the end of a
	// phase. 0 means Timeout, or 10 s without one.
	Drain time.Duration
	// MaxConnections bounds the open connections to one host. 0 means the
	// concurrency of a closed loop, the count of a batch up to 1000, 256 of an open loop.
	MaxConnections int
	// NoKeepAlive opens a connection for every request.
	NoKeepAlive bool
	// TraceRatio is the share of requests whose trace is sampled, from 0 to 1.
	TraceRatio float64
	// Seed makes Poisson arrivals the same in every run.
	Seed uint64
	// Std uses net/http even for plain HTTP, as is always done for https targets.
	Std bool
	// AllowedHosts are the hosts, other than loopback, that may be loaded.
	AllowedHosts []string
	// Interval is the time between snapshots. 0 means 1 s.
	Interval time.Duration
	// Cores is the CPU time per second that this process may use, of which the
	// report tells the share that it used. 0 means what its control group allows.
	Cores float64
	// RunID names the run in metrics. Empty means one made of the start time.
	RunID string
}

// Default connection limits.
const (
	defaultConnections = 256
	batchConnections   = 1000
)

const (
	defaultTimeout = 10 * time.Second
	// unlimited is longer than any run, and short enough to be added to any time.
	unlimited = 100 * 365 * 24 * time.Hour
)

// withDefaults fills what was left out.
func (c Config) withDefaults(now time.Time) Config {
	if c.Drain == 0 {
		c.Drain = cmp.Or(c.Timeout, defaultTimeout)
	}
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	if c.Cores == 0 {
		c.Cores = usableCores()
	}
	if c.RunID == "" {
		c.RunID = RunID(now)
	}
	return c
}

// RunID is the name of a run that starts now.
func RunID(now time.Time) string { return now.UTC().Format("20060102-150405.000") }

// ErrNotAllowed is the reason why a host is not loaded.
var ErrNotAllowed = errors.New("neither loopback nor among the allowed hosts")

// Check returns every reason why the configuration cannot be run.
func (c Config) Check() error {
	errs := []error{c.Plan.Check()}
	if c.Timeout < 0 || c.Timeout > 10*time.Minute {
		errs = append(errs, fmt.Errorf("timeout %v is not 0s to 10m", c.Timeout))
	}
	if c.MaxConnections < 0 || c.MaxConnections > plan.MaxConcurrency {
		errs = append(errs, fmt.Errorf("maximum of connections %d is not 0 to %d", c.MaxConnections, plan.MaxConcurrency))
	}
	if !(c.TraceRatio >= 0 && c.TraceRatio <= 1) {
		errs = append(errs, fmt.Errorf("trace ratio %v is not 0 to 1", c.TraceRatio))
	}
	if !(c.Cores >= 0) {
		errs = append(errs, fmt.Errorf("cores %v are not 0 or more", c.Cores))
	}
	refused := map[string]bool{}
	for i := range c.Plan.Phases {
		for j := range c.Plan.Phases[i].Targets {
			host := c.Plan.Phases[i].Targets[j].Hostname()
			if !c.allowed(host) && !refused[host] {
				refused[host] = true
				errs = append(errs, fmt.Errorf("target host %q is %w%s", host, ErrNotAllowed, c.listAllowed()))
			}
		}
	}
	return errors.Join(errs...)
}

func (c Config) listAllowed() string {
	if len(c.AllowedHosts) == 0 {
		return ", of which there are none"
	}
	return " (" + strings.Join(c.AllowedHosts, ", ") + ")"
}

func (c Config) allowed(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return true
	}
	return slices.ContainsFunc(c.AllowedHosts, func(allowed string) bool { return strings.EqualFold(allowed, host) })
}

// timeout is the time limit of each step of a request in the phase.
func (c Config) timeout(phase *plan.Phase) time.Duration {
	switch {
	case c.Timeout > 0:
		return c.Timeout
	case phase.Loop == plan.Batch:
		return unlimited
	}
	return defaultTimeout
}

// MostConnections is how many connections a phase may open to one host at a time.
func (c Config) MostConnections() int {
	most := 0
	for i := range c.Plan.Phases {
		most = max(most, c.connections(&c.Plan.Phases[i]))
	}
	return most
}

// connections is the limit to one host in the phase.
func (c Config) connections(phase *plan.Phase) int {
	switch {
	case c.MaxConnections > 0:
		return c.MaxConnections
	case phase.Loop == plan.Closed:
		return phase.Concurrency
	case phase.Loop == plan.Batch:
		return min(phase.Count, batchConnections)
	}
	return defaultConnections
}
