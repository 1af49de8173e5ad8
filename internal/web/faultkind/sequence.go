package faultkind

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Decision is what a fault does to one request.
type Decision struct {
	Hit    bool
	Delay  time.Duration // of a latency
	Status int           // of an error
}

// Sequence decides for one request after the other. Two sequences of the same
// Spec, its seed included, make the same decisions. It is safe for concurrent use.
type Sequence struct {
	spec Spec

	mu     sync.Mutex
	random *rand.Rand
}

// NewSequence returns the sequence of s from its start.
func NewSequence(s Spec) *Sequence {
	seed := uint64(0)
	if s.Seed != nil {
		seed = uint64(*s.Seed)
	}
	return &Sequence{spec: s, random: rand.New(rand.NewPCG(seed, 0))}
}

// Next decides for the next request.
func (q *Sequence) Next() Decision {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := &q.spec
	d := Decision{Hit: q.random.Float64() < s.hits()}
	if !d.Hit {
		return d
	}
	switch s.Kind {
	case Latency:
		d.Delay = time.Duration(s.latency(q.random) * float64(time.Millisecond))
	case Errors:
		d.Status = s.Statuses[q.random.IntN(len(s.Statuses))]
	}
	return d
}

// hits is the share of requests that the fault acts on.
func (s *Spec) hits() float64 {
	switch s.Kind {
	case Drop, Errors, Reset:
		return s.Value
	case Latency, SlowBody, Truncate:
		return s.Share
	}
	return 1
}

// latency draws one, in milliseconds.
func (s *Spec) latency(random *rand.Rand) float64 {
	switch s.Distribution {
	case Uniform:
		return s.Min + (s.Max-s.Min)*random.Float64()
	case Normal:
		return s.bounded(s.Value + s.Deviation*random.NormFloat64())
	case LogNormal:
		// Mean and deviation are those of the latency, not of its logarithm.
		relative := s.Deviation / s.Value
		variance := math.Log1p(relative * relative)
		return s.bounded(math.Exp(math.Log(s.Value) - variance/2 + math.Sqrt(variance)*random.NormFloat64()))
	case Exponential:
		return s.bounded(s.Value * random.ExpFloat64())
	case Pareto:
		return s.bounded(s.Value / math.Pow(1-random.Float64(), 1/s.Shape))
	}
	return s.Value
}

func (s *Spec) bounded(latency float64) float64 { return min(max(latency, s.Min), s.Max) }
