// Package fault switches failures of a service on for a time, to show what they do to its callers.
package fault

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"loadlab/internal/web/faultkind"
	"loadlab/internal/workmeter"
)

const maxDuration = time.Hour

// Host is what the switches need of the server that has them.
type Host struct {
	Request func(echo.Context) Request
	Routes  func() []string       // templates of its routes
	Gate    func() workmeter.Gate // of its compute slots
	Cores   func() int            // that its requests compute on
}

// Request is one on which faults act.
type Request interface {
	context.Context // with its time budget

	Meter() *workmeter.Meter
	Route() string               // label of its metrics
	Injected(kind string)        // marks it
	Delayed(reply time.Duration) // extends the time that its client has to take the reply
}

// Switches are the switches of one service. A request without any fault pays one atomic load.
type Switches struct {
	log      *zap.Logger
	host     Host
	active   *prometheus.GaugeVec
	injected *prometheus.CounterVec
	stolen   prometheus.Counter
	current  atomic.Pointer[set]

	mu sync.Mutex // guards changes
}

// New returns switches that are all off.
func New(registry *prometheus.Registry, log *zap.Logger, host Host) *Switches {
	f := &Switches{log: log, host: host,
		active: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "lab_fault_active", Help: "1 while a fault of this kind is switched on.",
		}, []string{"kind"}),
		injected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lab_fault_injected_total", Help: "Requests on which a fault of this kind acted.",
		}, []string{"kind", "http_route"}),
		stolen: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "lab_fault_cpu_seconds_total", Help: "CPU time that the fault cpu took.",
		}),
	}
	for _, kind := range faultkind.Kinds() {
		f.active.WithLabelValues(kind).Set(0)
	}
	registry.MustRegister(f.active, f.injected, f.stolen)
	f.current.Store(&set{changed: make(chan struct{})})
	return f
}

// list returns the faults that are on.
func (f *Switches) list() []Fault {
	now := time.Now()
	faults := []Fault{}
	for _, a := range f.current.Load().faults {
		if now.Before(a.Until) {
			faults = append(faults, a.Fault)
		}
	}
	return faults
}

// switchOn switches a fault on for d, in place of one of the same kind and route.
func (f *Switches) switchOn(spec faultkind.Spec, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	ctx, cancel := context.WithCancel(context.Background())
	added := &active{
		Fault: Fault{Spec: spec, Until: now.Add(d)}, began: now, sequence: faultkind.NewSequence(spec), cancel: cancel,
	}
	added.timer = time.AfterFunc(d, func() { f.remove("its time is over", func(a *active) bool { return a == added }) })
	f.replace(func(a *active) bool { return a.Kind == spec.Kind && a.Route == spec.Route }, added)
	if spec.Kind == faultkind.CPU {
		f.steal(ctx, added)
	}
	f.log.Warn("fault set", zap.String("kind", spec.Kind), zap.Float64("value", spec.Value), zap.Duration("duration", d),
		zap.String("route", spec.Route), zap.Int64p("seed", spec.Seed))
}

// switchOff switches off the faults of kind and route. Each can be empty, and then means all.
func (f *Switches) switchOff(kind, route string) {
	f.remove("cleared", func(a *active) bool { return (kind == "" || a.Kind == kind) && (route == "" || a.Route == route) })
}

func (f *Switches) remove(reason string, ends func(*active) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.replace(ends, nil) {
		f.log.Info("fault ended", zap.String("kind", a.Kind), zap.String("route", a.Route), zap.String("reason", reason))
	}
}

// replace removes faults, adds one if it is not nil, and wakes the requests that
// the old set holds. It returns what it has removed.
func (f *Switches) replace(ends func(*active) bool, added *active) (removed []*active) {
	old := f.current.Load()
	next := &set{changed: make(chan struct{})}
	for _, a := range old.faults {
		if ends(a) {
			a.timer.Stop()
			a.cancel()
			removed = append(removed, a)
		} else {
			next.faults = append(next.faults, a)
		}
	}
	if added != nil {
		next.faults = append(next.faults, added)
	}
	f.current.Store(next)
	close(old.changed)
	for _, kind := range faultkind.Kinds() {
		on := slices.ContainsFunc(next.faults, func(a *active) bool { return a.Kind == kind })
		f.active.WithLabelValues(kind).Set(map[bool]float64{true: 1}[on])
	}
	return removed
}

// Ready is false while not_ready is on.
func (f *Switches) Ready() bool {
	return f.current.Load().find(faultkind.NotReady, "", time.Now()) == nil
}
