// Package faultkind defines the faults that a service can inject into its own replies.
package faultkind

import (
	"encoding/json"
	"time"

	"loadlab/internal/decimal"
)

// Kinds of faults.
const (
	CPU      = "cpu"       // busy threads take a share Value of the service's cores
	Drop     = "drop"      // a share Value of the requests has its connection closed without a reply
	Errors   = "errors"    // a share Value of the requests is answered with one of Statuses
	Latency  = "latency"   // a share Share of the requests waits before it is served, by Distribution
	NotReady = "not_ready" // readiness is false; traffic is still served
	Reset    = "reset"     // a share Value of the requests has its connection reset (RST) without a reply
	SlowBody = "slow_body" // the body of a share Share of the replies is sent at Value bytes per second
	Stall    = "stall"     // no request is served until the fault ends
	Truncate = "truncate"  // a share Share of the replies ends after Value bytes of its body, and so does its connection
)

// Kinds are all of them, in alphabetical order.
func Kinds() []string {
	return []string{CPU, Drop, Errors, Latency, NotReady, Reset, SlowBody, Stall, Truncate}
}

// Distributions of the latency.
const (
	Fixed       = "fixed"       // Value
	Uniform     = "uniform"     // from Min to Max
	Normal      = "normal"      // mean Value, standard deviation Deviation
	LogNormal   = "lognormal"   // the same, with a long tail
	Exponential = "exponential" // mean Value
	Pareto      = "pareto"      // at least Value, with a tail as heavy as Shape is small
)

// Distributions are all of them.
func Distributions() []string {
	return []string{Fixed, Uniform, Normal, LogNormal, Exponential, Pareto}
}

// Spec is one fault. What its kind has no use for is zero.
type Spec struct {
	Kind         string  `json:"kind"`
	Route        string  `json:"route,omitempty"` // template of the only route that has the fault; empty means all
	Value        float64 `json:"value"`           // see the kinds; of a latency in milliseconds
	Distribution string  `json:"distribution,omitempty"`
	Deviation    float64 `json:"deviation,omitempty"` // in milliseconds
	Shape        float64 `json:"shape,omitempty"`
	Min          float64 `json:"min,omitempty"` // in milliseconds; a shorter latency is lengthened to it
	Max          float64 `json:"max,omitempty"` // in milliseconds; a longer latency is shortened to it
	Share        float64 `json:"share,omitempty"`
	Statuses     []int   `json:"statuses,omitempty"`
	Bursts       *Bursts `json:"bursts,omitempty"` // nil means that the fault acts all the time
	Seed         *int64  `json:"seed,omitempty"`   // nil if the kind has no chance in it
}

// Bursts are the periods in which a fault acts and does not, in turn from its start.
type Bursts struct{ On, Off time.Duration }

// MarshalJSON writes durations as they are given.
func (b *Bursts) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		On  string `json:"on"`
		Off string `json:"off"`
	}{b.On.String(), b.Off.String()})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (b *Bursts) UnmarshalJSON(data []byte) error {
	var text struct{ On, Off string }
	err := json.Unmarshal(data, &text)
	if err == nil {
		b.On, err = decimal.Duration(text.On)
	}
	if err == nil {
		b.Off, err = decimal.Duration(text.Off)
	}
	return err
}

// ActsAt reports whether the fault acts at the given time after its start.
func (s *Spec) ActsAt(elapsed time.Duration) bool {
	return s.Bursts == nil || elapsed%(s.Bursts.On+s.Bursts.Off) < s.Bursts.On
}

// PerRequest reports whether the fault acts on requests, so that it can be limited to a route.
func (s *Spec) PerRequest() bool { return s.Kind != CPU && s.Kind != NotReady }
