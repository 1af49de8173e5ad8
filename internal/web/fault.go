package web

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
)

// Kinds of faults that can be switched on.
const (
	FaultLatency  = "latency"   // each request waits Value milliseconds before it is served
	FaultErrors   = "errors"    // a share Value of the requests is answered 500
	FaultStall    = "stall"     // no request is served until the fault ends
	FaultNotReady = "not_ready" // readiness is false; traffic is still served
)

func faultKinds() []string { return []string{FaultErrors, FaultLatency, FaultNotReady, FaultStall} }

const (
	maxFaultDuration = time.Hour
	maxFaultLatency  = time.Minute
)

// Fault is one switched fault. It ends by itself at Until.
type Fault struct {
	Kind  string    `json:"kind"`
	Value float64   `json:"value"` // milliseconds of latency, or share of errors from 0 to 1; 0 for the others
	Until time.Time `json:"until"`
}

// faultSet is immutable; a change makes a new one.
type faultSet struct {
	faults  []Fault
	changed chan struct{} // closed when the set is replaced
}

func (s *faultSet) find(kind string, now time.Time) (Fault, bool) {
	for _, f := range s.faults {
		if f.Kind == kind && now.Before(f.Until) {
			return f, true
		}
	}
	return Fault{}, false
}

// faults are the switches of one service. A request without any fault pays one atomic load.
type faults struct {
	log     *zap.Logger
	active  *prometheus.GaugeVec
	current atomic.Pointer[faultSet]

	mu     sync.Mutex // guards changes and timers
	timers map[string]*time.Timer
}

func newFaults(registry *prometheus.Registry, log *zap.Logger) *faults {
	f := &faults{log: log, timers: map[string]*time.Timer{}, active: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "lab_fault_active", Help: "1 while a fault of this kind is switched on.",
	}, []string{"kind"})}
	for _, kind := range faultKinds() {
		f.active.WithLabelValues(kind).Set(0)
	}
	registry.MustRegister(f.active)
	f.current.Store(&faultSet{changed: make(chan struct{})})
	return f
}

// list returns the faults that are on.
func (f *faults) list() []Fault {
	now := time.Now()
	active := slices.Clone(f.current.Load().faults)
	active = slices.DeleteFunc(active, func(fault Fault) bool { return !now.Before(fault.Until) })
	if active == nil {
		active = []Fault{}
	}
	return active
}

// set switches a fault on for d, in place of one of the same kind.
func (f *faults) set(kind string, value float64, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := Fault{Kind: kind, Value: value, Until: time.Now().Add(d)}
	f.replace(kind, &fault)
	f.timers[kind] = time.AfterFunc(d, func() { f.expire(fault) })
	f.active.WithLabelValues(kind).Set(1)
	f.log.Warn("fault set", zap.String("kind", kind), zap.Float64("value", value), zap.Duration("duration", d))
}

// clear switches kind off, or every fault when kind is empty.
func (f *faults) clear(kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.current.Load().faults {
		if kind == "" || fault.Kind == kind {
			f.remove(fault.Kind, "cleared")
		}
	}
}

func (f *faults) expire(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Contains(f.current.Load().faults, fault) {
		f.remove(fault.Kind, "its time is over")
	}
}

func (f *faults) remove(kind, reason string) {
	f.replace(kind, nil)
	f.active.WithLabelValues(kind).Set(0)
	f.log.Info("fault ended", zap.String("kind", kind), zap.String("reason", reason))
}

// replace swaps the fault of kind and wakes whoever is held by the old set.
func (f *faults) replace(kind string, fault *Fault) {
	if timer := f.timers[kind]; timer != nil {
		timer.Stop()
		delete(f.timers, kind)
	}
	old := f.current.Load()
	next := &faultSet{changed: make(chan struct{})}
	next.faults = slices.DeleteFunc(slices.Clone(old.faults), func(o Fault) bool { return o.Kind == kind })
	if fault != nil {
		next.faults = append(next.faults, *fault)
	}
	f.current.Store(next)
	close(old.changed)
}

// inject applies the faults to a request. Waiting for them is wait: they stand
// for a slow dependency.
func (f *faults) inject(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		set := f.current.Load()
		if len(set.faults) == 0 {
			return next(c)
		}
		if err := f.stall(c); err != nil {
			return err
		}
		now := time.Now()
		if fault, on := set.find(FaultLatency, now); on {
			added := time.Duration(fault.Value * float64(time.Millisecond))
			if err := Meter(c).Sleep(c.Request().Context(), added); err != nil {
				return err
			}
		}
		if fault, on := set.find(FaultErrors, now); on && rand.Float64() < fault.Value {
			return NewProblem(http.StatusInternalServerError, "a fault is switched on")
		}
		return next(c)
	}
}

// stall holds the request for as long as a stall is on.
func (f *faults) stall(c echo.Context) error {
	ctx := c.Request().Context()
	for {
		set := f.current.Load()
		if _, on := set.find(FaultStall, time.Now()); !on {
			return nil
		}
		err := Meter(c).Wait("fault", func() error {
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

// ready is false while not_ready is on.
func (f *faults) ready() bool {
	_, on := f.current.Load().find(FaultNotReady, time.Now())
	return !on
}
