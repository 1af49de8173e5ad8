package gateway

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
	"go.uber.org/zap"
)

// health is what an attempt says about the service.
type health int

const (
	healthy health = iota
	failing
	unknown // the client's doing: nothing about the service
)

var (
	errOpen    = errors.New("the circuit breaker is open")
	errFailing = errors.New("attempt failed")
	errUnknown = errors.New("attempt says nothing")
)

// breaker stops sending requests to a service that fails, and after a pause
// lets some pass to see whether it is well again.
type breaker struct {
	circuit *gobreaker.CircuitBreaker[struct{}] // nil if switched off
}

// windowParts is in how many steps the counting window moves on.
const windowParts = 10

func newBreaker(cfg breakerConfig, service string, log *zap.Logger) *breaker {
	if !cfg.Enabled {
		return &breaker{}
	}
	return &breaker{circuit: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name:         service,
		MaxRequests:  cfg.Probes,
		Interval:     cfg.Window,
		BucketPeriod: max(cfg.Window/windowParts, time.Millisecond),
		Timeout:      cfg.Open,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			judged := c.TotalSuccesses + c.TotalFailures
			return judged >= cfg.MinRequests && float64(c.TotalFailures) >= cfg.FailureRatio*float64(judged)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errUnknown) },
		OnStateChange: func(service string, from, to gobreaker.State) {
			log.Warn("circuit breaker", zap.String("upstream", service), zap.Stringer("from", from), zap.Stringer("to", to))
		},
	})}
}

// do calls attempt, which says what it learned, unless the breaker is open: then it returns errOpen.
func (b *breaker) do(attempt func() health) error {
	if b.circuit == nil {
		attempt()
		return nil
	}
	_, err := b.circuit.Execute(func() (struct{}, error) {
		switch attempt() {
		case failing:
			return struct{}{}, errFailing
		case unknown:
			return struct{}{}, errUnknown
		}
		return struct{}{}, nil
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return errOpen
	}
	return nil
}

// breakerStates reports the breakers at each scrape: a breaker half-opens with
// the clock, not with an event that a gauge could follow.
type breakerStates struct {
	desc     *prometheus.Desc
	breakers []*breaker
}

func newBreakerStates(upstreams []*upstream) *breakerStates {
	s := &breakerStates{desc: prometheus.NewDesc("lab_breaker_state",
		"1 for the state that the circuit breaker of the upstream is in, 0 for the others.", []string{"upstream", "state"}, nil)}
	for _, u := range upstreams {
		if u.breaker.circuit != nil {
			s.breakers = append(s.breakers, u.breaker)
		}
	}
	return s
}

// Describe implements prometheus.Collector.
func (s *breakerStates) Describe(ch chan<- *prometheus.Desc) { ch <- s.desc }

// Collect implements prometheus.Collector.
func (s *breakerStates) Collect(ch chan<- prometheus.Metric) {
	for _, b := range s.breakers {
		current := b.circuit.State()
		for _, state := range []gobreaker.State{gobreaker.StateClosed, gobreaker.StateHalfOpen, gobreaker.StateOpen} {
			value := 0.0
			if state == current {
				value = 1
			}
			ch <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, value, b.circuit.Name(), state.String())
		}
	}
}
