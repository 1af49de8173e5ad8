package faultkind

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"loadlab/internal/decimal"
	"loadlab/internal/web/input"
)

const (
	maxLatency = 60_000  // milliseconds
	minMean    = 0.001   // milliseconds
	maxBytes   = 1 << 20 // bytes, and bytes per second
	maxPeriod  = time.Hour
	minPeriod  = 10 * time.Millisecond
	maxRoute   = 200 // bytes
	maxSeed    = 1<<31 - 1
)

// number is a numeric parameter.
type number struct {
	name      string
	low, high float64
	fallback  float64
	required  bool
}

func required(name string, low, high float64) number { return number{name, low, high, 0, true} }

func optional(name string, low, high, fallback float64) number {
	return number{name, low, high, fallback, false}
}

// numbers are the numeric parameters of a kind; those of a latency depend on its distribution.
func numbers(kind, distribution string) []number {
	share := optional("share", 0, 1, 1)
	switch kind {
	case CPU, Drop, Errors, Reset:
		return []number{required("value", 0, 1)}
	case SlowBody:
		return []number{required("value", 1, maxBytes), share}
	case Truncate:
		return []number{required("value", 0, maxBytes), share}
	case Latency:
		return append(latencyNumbers(distribution), share)
	}
	return nil
}

func latencyNumbers(distribution string) []number {
	mean, deviation := required("value", minMean, maxLatency), required("deviation", 0, maxLatency)
	low, high := optional("min", 0, maxLatency, 0), optional("max", 0, maxLatency, maxLatency)
	switch distribution {
	case Uniform:
		return []number{low, required("max", 0, maxLatency)}
	case Normal, LogNormal:
		return []number{mean, deviation, low, high}
	case Exponential:
		return []number{mean, low, high}
	case Pareto:
		return []number{mean, required("shape", 0.1, 10), high}
	}
	return []number{required("value", 0, maxLatency)}
}

// names are all parameters of any kind, other than kind and duration.
func names() []string {
	return []string{"route", "value", "distribution", "deviation", "shape", "min", "max", "share", "statuses", "on", "off", "seed"}
}

// Statuses are those that an injected error can have.
func Statuses() []int { return []int{400, 404, 409, 429, 500, 502, 503, 504, 507} }

// Read reads a fault from all parameters but its duration. A route must be one of
// routes, or can be any if there are none. What is wrong is a violation of in.
func Read(in *input.Reader, routes []string) Spec {
	s := Spec{Kind: in.Choice("kind", "", Kinds()...)}
	if s.Kind == "" {
		in.Skip(names()...) // the kind is the problem to name
		if !in.Has("kind") {
			in.Violate("kind", "is missing")
		}
		return s
	}
	r := reader{in: in, spec: &s}
	r.readNumbers()
	if s.PerRequest() {
		r.readRoute(routes)
	}
	if s.Kind == Errors {
		r.readStatuses()
	}
	if s.Kind != Stall && s.Kind != NotReady {
		r.readBursts()
	}
	if s.PerRequest() && s.Kind != Stall {
		r.read("seed")
		seed := int64(in.Int("seed", rand.IntN(maxSeed+1), 0, maxSeed))
		s.Seed = &seed
	}
	r.refuseOthers()
	return s
}

type reader struct {
	in   *input.Reader
	spec *Spec
	has  []string // parameters of the kind
}

func (r *reader) read(name string) { r.has = append(r.has, name) }

func (r *reader) readNumbers() {
	s := r.spec
	if s.Kind == Latency {
		r.read("distribution")
		s.Distribution = r.in.Choice("distribution", Fixed, Distributions()...)
	}
	fields := map[string]*float64{
		"value": &s.Value, "deviation": &s.Deviation, "shape": &s.Shape, "min": &s.Min, "max": &s.Max, "share": &s.Share,
	}
	for _, n := range numbers(s.Kind, s.Distribution) {
		r.read(n.name)
		if n.required && !r.in.Has(n.name) {
			r.in.Violate(n.name, "is missing")
		}
		*fields[n.name] = r.in.Float(n.name, n.fallback, n.low, n.high)
	}
	if s.Min > s.Max {
		r.in.Violate("min", "must not be above max")
	}
}

func (r *reader) readRoute(routes []string) {
	r.read("route")
	if routes == nil {
		r.spec.Route = r.in.Text("route", "", maxRoute)
		return
	}
	r.spec.Route = r.in.Choice("route", "", routes...)
}

func (r *reader) readStatuses() {
	r.read("statuses")
	for text := range strings.SplitSeq(r.in.Text("statuses", "500", maxRoute), ",") {
		status, err := decimal.Int(text)
		if err != nil || !slices.Contains(Statuses(), int(status)) || slices.Contains(r.spec.Statuses, int(status)) {
			r.in.Violate("statuses", "must be one or several, separated by commas, of "+list(Statuses()))
			return
		}
		r.spec.Statuses = append(r.spec.Statuses, int(status))
	}
}

func (r *reader) readBursts() {
	r.read("on")
	r.read("off")
	on := r.in.Duration("on", 0, minPeriod, maxPeriod)
	off := r.in.Duration("off", 0, minPeriod, maxPeriod)
	if r.in.Has("on") != r.in.Has("off") {
		r.in.Violate("on", "must be given with off, or neither of them")
		return
	}
	if on > 0 && off > 0 {
		r.spec.Bursts = &Bursts{On: on, Off: off}
	}
}

// refuseOthers reports parameters that other kinds have, or other distributions.
func (r *reader) refuseOthers() {
	for _, name := range names() {
		if slices.Contains(r.has, name) || !r.in.Has(name) {
			continue
		}
		of := r.spec.Kind
		if of == Latency {
			of += " with the distribution " + r.spec.Distribution
		}
		r.in.Skip(name)
		has := slices.Sorted(slices.Values(append([]string{"duration", "kind"}, r.has...)))
		r.in.Violate(name, fmt.Sprintf("is not a parameter of %s, which has %s", of, strings.Join(has, ", ")))
	}
}

func list(numbers []int) string {
	var b strings.Builder
	for i, n := range numbers {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}
