// Package fault switches failures of a service on for a time, to show what they do to its callers.
package fault

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"loadlab/internal/web/problem"
	"loadlab/internal/workmeter"
)

// Kinds of faults that can be switched on.
const (
	Latency  = "latency"   // each request waits Value milliseconds before it is served
	Errors   = "errors"    // a share Value of the requests is answered 500
	Stall    = "stall"     // no request is served until the fault ends
	NotReady = "not_ready" // readiness is false; traffic is still served
)

// Kinds are all of them, in alphabetical order.
func Kinds() []string { return []string{Errors, Latency, NotReady, Stall} }

const (
	maxDuration = time.Hour
	maxLatency  = time.Minute
)

// Fault is one switched fault. It ends automatically at Until.
type Fault struct {
	Kind  string    `json:"kind"`
	Value float64   `json:"value"` // milliseconds of latency, or share of errors from 0 to 1; 0 for the others
	Until time.Time `json:"until"`
}

// set is immutable; a change makes a new one.
type set struct {
	faults  []Fault
	changed chan struct{} // closed when the set is replaced
}

func (s *set) find(kind string, now time.Time) (Fault, bool) {
	for _, f := range s.faults {
		if f.Kind == kind && now.Before(f.Until) {
			return f, true
		}
	}
	return Fault{}, false
}

// Switches are the switches of one service. A request without any fault pays one atomic load.
type Switches struct {
	log     *zap.Logger
	meterOf func(echo.Context) *workmeter.Meter
	active  *prometheus.GaugeVec
	current atomic.Pointer[set]

	mu     sync.Mutex // guards changes and timers
	timers map[string]*time.Timer
}

// New returns switches that are all off. meterOf returns the meter of a request.
func New(registry *prometheus.Registry, log *zap.Logger, meterOf func(echo.Context) *workmeter.Meter) *Switches {
	f := &Switches{log: log, meterOf: meterOf, timers: map[string]*time.Timer{}, active: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "lab_fault_active", Help: "1 while a fault of this kind is switched on.",
	}, []string{"kind"})}
	for _, kind := range Kinds() {
		f.active.WithLabelValues(kind).Set(0)
	}
	registry.MustRegister(f.active)
	f.current.Store(&set{changed: make(chan struct{})})
	return f
}

// list returns the faults that are on.
func (f *Switches) list() []Fault {
	now := time.Now()
	active := slices.Clone(f.current.Load().faults)
	active = slices.DeleteFunc(active, func(fault Fault) bool { return !now.Before(fault.Until) })
	if active == nil {
		active = []Fault{}
	}
	return active
}

// switchOn switches a fault on for d, in place of one of the same kind.
func (f *Switches) switchOn(kind string, value float64, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := Fault{Kind: kind, Value: value, Until: time.Now().Add(d)}
	f.replace(kind, &fault)
	f.timers[kind] = time.AfterFunc(d, func() { f.expire(fault) })
	f.active.WithLabelValues(kind).Set(1)
	f.log.Warn("fault set", zap.String("kind", kind), zap.Float64("value", value), zap.Duration("duration", d))
}

// switchOff switches kind off, or every fault when kind is empty.
func (f *Switches) switchOff(kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.current.Load().faults {
		if kind == "" || fault.Kind == kind {
			f.remove(fault.Kind, "cleared")
		}
	}
}

func (f *Switches) expire(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Contains(f.current.Load().faults, fault) {
		f.remove(fault.Kind, "its time is over")
	}
}

func (f *Switches) remove(kind, reason string) {
	f.replace(kind, nil)
	f.active.WithLabelValues(kind).Set(0)
	f.log.Info("fault ended", zap.String("kind", kind), zap.String("reason", reason))
}

// replace swaps the fault of kind and wakes the requests that the old set holds.
func (f *Switches) replace(kind string, fault *Fault) {
	if timer := f.timers[kind]; timer != nil {
		timer.Stop()
		delete(f.timers, kind)
	}
	old := f.current.Load()
	next := &set{changed: make(chan struct{})}
	next.faults = slices.DeleteFunc(slices.Clone(old.faults), func(o Fault) bool { return o.Kind == kind })
	if fault != nil {
		next.faults = append(next.faults, *fault)
	}
	f.current.Store(next)
	close(old.changed)
}

// Inject applies the faults to a request. Waiting for them is wait: they
// imitate a slow dependency.
func (f *Switches) Inject(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		set := f.current.Load()
		if len(set.faults) == 0 {
			return next(c)
		}
		if err := f.stall(c); err != nil {
			return err
		}
		now := time.Now()
		if fault, on := set.find(Latency, now); on {
			added := time.Duration(fault.Value * float64(time.Millisecond))
			if err := f.meterOf(c).Sleep(c.Request().Context(), added); err != nil {
				return err
			}
		}
		if fault, on := set.find(Errors, now); on && rand.Float64() < fault.Value {
			return problem.New(http.StatusInternalServerError, `error injected by fault "errors"`)
		}
		return next(c)
	}
}

// stall holds the request for as long as a stall is on.
func (f *Switches) stall(c echo.Context) error {
	ctx := c.Request().Context()
	for {
		set := f.current.Load()
		if _, on := set.find(Stall, time.Now()); !on {
			return nil
		}
		err := f.meterOf(c).Wait("fault", func() error {
			select {
			case <-set.changed:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			return err
		}
	}
}

// Ready is false while not_ready is on.
func (f *Switches) Ready() bool {
	_, on := f.current.Load().find(NotReady, time.Now())
	return !on
}
