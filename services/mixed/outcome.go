package mixed

import (
	"math"

	"loadlab/internal/web"
	"loadlab/internal/workmeter"
)

// outcome sums up what the callees said. With calls at once the sums exceed
// the request's own wall time.
type outcome struct {
	Calls int     `json:"calls"`
	IO    summary `json:"io"`
	CPU   summary `json:"cpu"`
	// Network is the time of the calls that neither the callee nor this service
	// accounts for.
	Network float64 `json:"network_ms"`
}

// summary is the work of one callee.
type summary struct {
	Service string    `json:"service"`
	Calls   int       `json:"calls"`
	Work    web.Spent `json:"work"`
}

func (o *outcome) add(a answer) {
	o.Calls++
	o.Network = sum(o.Network, max(0, millis(a.Call.Took-a.Call.Own)-a.Work.Wall))
	if a.computed {
		o.CPU.add(a)
	} else {
		o.IO.add(a)
	}
}

func (s *summary) add(a answer) {
	s.Service = a.Service
	s.Calls++
	s.Work.CPU = sum(s.Work.CPU, a.Work.CPU)
	s.Work.Wait = sum(s.Work.Wait, a.Work.Wait)
	s.Work.Queue = sum(s.Work.Queue, a.Work.Queue)
	s.Work.Wall = sum(s.Work.Wall, a.Work.Wall)
	s.Work.Clock = a.Work.Clock
}

func plus(a, b web.Call) web.Call {
	return web.Call{Took: a.Took + b.Took, Own: a.Own + b.Own, Split: workmeter.Split{
		CPU: a.Split.CPU + b.Split.CPU, Wait: a.Split.Wait + b.Split.Wait, Queue: a.Split.Queue + b.Split.Queue, Wall: a.Split.Wall + b.Split.Wall,
		Entry: a.Split.Entry + b.Split.Entry,
	}}
}

// sum adds milliseconds and rounds to microseconds, as the figures are written.
func sum(a, b float64) float64 { return math.Round((a+b)*1000) / 1000 }
