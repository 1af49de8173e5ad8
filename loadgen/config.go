package loadgen

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"loadlab/loadgen/data"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/route"
	"loadlab/loadgen/target"
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
	// Data are the rows for targets that need them; nil if none does.
	Data *data.Source
	// Cookies are kept by each virtual user of a chain, as browsers keep them.
	Cookies bool
	// Redirects is how many in a row are followed, up to 50; each counts as a part of the request that it answers.
	Redirects int
	// Route says how connections are opened.
	Route route.Options
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
	for t := range c.targets() {
		if host := t.Hostname(); !c.allowed(t) && !refused[host] {
			refused[host] = true
			errs = append(errs, fmt.Errorf("target host %q is %w%s", host, ErrNotAllowed, c.listAllowed()))
		}
	}
	if c.Redirects < 0 || c.Redirects > maxRedirects {
		errs = append(errs, fmt.Errorf("redirects %d are not 0 to %d", c.Redirects, maxRedirects))
	}
	errs = append(errs, c.checkData()...)
	errs = append(errs, c.checkChains()...)
	return errors.Join(append(errs, c.checkRoute()...)...)
}

// targets are those of all phases.
func (c Config) targets() iter.Seq[*target.Target] {
	return func(yield func(*target.Target) bool) {
		for i := range c.Plan.Phases {
			for j := range c.Plan.Phases[i].Targets {
				if !yield(&c.Plan.Phases[i].Targets[j]) {
					return
				}
			}
		}
	}
}

// checkData returns why the targets cannot be filled.
func (c Config) checkData() []error {
	var errs []error
	used := false
	for t := range c.targets() {
		switch {
		case !t.NeedsRow():
		case c.Data == nil:
			errs = append(errs, fmt.Errorf("target %q needs rows of data, and there are none", t.Name))
		default:
			used = true
			errs = append(errs, c.Data.Check(t))
		}
	}
	if c.Data != nil && !used && len(errs) == 0 {
		errs = append(errs, errors.New("no target has a placeholder {data.COLUMN} for the rows of data"))
	}
	return errs
}

// checkRoute returns what in Route has no effect on any target: its user means another load.
func (c Config) checkRoute() []error {
	var errs []error
	any := func(is func(*target.Target) bool) bool {
		for t := range c.targets() {
			if is(t) {
				return true
			}
		}
		return false
	}
	if c.Route.TLS != nil && !any(func(t *target.Target) bool { return t.Scheme() == "https" }) {
		errs = append(errs, errors.New("options of TLS need a target with https"))
	}
	for _, o := range c.Route.Resolve {
		if c.Route.Socket != "" {
			errs = append(errs, errors.New("addresses of hosts have no effect with a Unix socket"))
			break
		}
		if !any(func(t *target.Target) bool { return o.Match(t.Address()) }) {
			errs = append(errs, fmt.Errorf("an address is given for %s:%s, which no target has", o.Host, o.Port))
		}
	}
	if c.Route.Socket != "" && len(c.Route.Sources) > 0 {
		errs = append(errs, errors.New("source addresses have no effect with a Unix socket"))
	}
	return errs
}

func (c Config) listAllowed() string {
	if len(c.AllowedHosts) == 0 {
		return ", of which there are none"
	}
	return " (" + strings.Join(c.AllowedHosts, ", ") + ")"
}

// checkChains returns why the chains cannot be sent.
func (c Config) checkChains() []error {
	var errs []error
	chained := false
	for i := range c.Plan.Phases {
		phase := &c.Plan.Phases[i]
		chained = chained || phase.Chain
		known := map[string]bool{}
		for k := range phase.Targets {
			t := &phase.Targets[k]
			for _, name := range slices.Sorted(maps.Keys(t.Variables())) {
				if !known[name] {
					errs = append(errs, fmt.Errorf("target %q has {var.%s}, and no request before it in a chain extracts that", t.Name, name))
				}
			}
			if phase.Chain && t.NeedsCreated() {
				errs = append(errs, fmt.Errorf("target %q of a chain has {created}; extract the header Location, and write {var.NAME}", t.Name))
			}
			if len(t.Extract) > 0 && !phase.Chain {
				errs = append(errs, fmt.Errorf("target %q extracts values, but phase %q is no chain", t.Name, phase.Name))
			}
			for _, rule := range t.Extract {
				known[rule.Name()] = true
			}
		}
	}
	if c.Cookies && !chained {
		errs = append(errs, errors.New("cookies are kept by the virtual users of a chain, and no phase is one"))
	}
	return errs
}

// maxRedirects bounds those in a row.
const maxRedirects = 50

// mayFollow returns why a redirect to the URL must not be followed.
func (c Config) mayFollow(to *url.URL) error {
	port := to.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[to.Scheme]
	}
	if port == "" || !c.mayLoad(to.Hostname(), net.JoinHostPort(to.Hostname(), port)) {
		return fmt.Errorf("%s is neither loopback nor among the allowed hosts%s", to.Host, c.listAllowed())
	}
	return nil
}

// allowed reports whether t may be loaded.
func (c Config) allowed(t *target.Target) bool { return c.mayLoad(t.Hostname(), t.Address()) }

// mayLoad reports whether a host with the address host:port may be loaded: by its name or by the address that takes its place.
func (c Config) mayLoad(host, address string) bool {
	listed := func(name string) bool {
		return slices.ContainsFunc(c.AllowedHosts, func(allowed string) bool { return strings.EqualFold(allowed, name) })
	}
	if c.Route.Socket != "" || listed(host) {
		return true
	}
	if dialled := c.Route.Address(address); dialled != address {
		host, _, _ = net.SplitHostPort(dialled) // Address has joined it
		if listed(host) {
			return true
		}
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
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
