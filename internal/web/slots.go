package web

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/internal/cgroup"
	"loadlab/internal/decimal"
)

// SlotCount is the value of COMPUTE_SLOTS: a number of slots, 0 for no bound,
// or AutoSlots.
type SlotCount int

// AutoSlots means as many slots as the process may use cores.
const AutoSlots SlotCount = -1

// maxSlots bounds COMPUTE_SLOTS.
const maxSlots = 1024

// UnmarshalText reads auto or a number from 0 to 1024.
func (n *SlotCount) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*n = AutoSlots
		return nil
	}
	count, err := decimal.Int(string(text))
	if err != nil || count < 0 || count > maxSlots {
		return fmt.Errorf("neither auto nor a whole number from 0 to %d", maxSlots)
	}
	*n = SlotCount(count)
	return nil
}

// Slots bound how many requests of a process compute at once, first come first
// served. Without a bound, n computations take turns of 10 ms each in the Go
// scheduler, and a probe or a scrape waits for n of them at every step. How long a
// request may wait for a slot is bounded while the queue is overloaded.
//
// It implements workmeter.Gate.
type Slots struct {
	count int // 0 if there is no bound
	queue slotQueue
}

// NewSlots returns that many free slots. AutoSlots are as many as the process
// may use cores: GOMAXPROCS if the environment sets it, else what the control
// group's CPU quota allows, rounded up, else what the machine has.
//
// Go is given one processor more than there are slots, for connections, probes,
// scrapes and telemetry, unless the environment gives it even more. Without a
// bound GOMAXPROCS is left as it is.
func NewSlots(count SlotCount, bounds QueueBounds, gomaxprocs string) *Slots {
	given, _ := strconv.Atoi(gomaxprocs) // Go ignores anything but a number too
	n := int(count)
	if count == AutoSlots {
		n = usableCores(given)
	}
	if n == 0 {
		return &Slots{}
	}
	runtime.GOMAXPROCS(max(given, n+1))
	return &Slots{
		count: n,
		queue: slotQueue{bounds: bounds, free: n, overdue: map[*waiter]struct{}{}},
	}
}

func usableCores(gomaxprocs int) int {
	if gomaxprocs > 0 {
		return gomaxprocs
	}
	cores := runtime.NumCPU()
	if limit, ok := cgroup.ReadCPU(os.DirFS("/")); ok {
		cores = min(cores, int(math.Ceil(limit.Cores)))
	}
	return cores
}

// TryEnter takes a slot if one is free and no earlier request waits for it.
func (s *Slots) TryEnter() bool { return s.count == 0 || s.queue.take() }

// Enter waits for a slot. The error is the context's cause if ctx ends first, or
// errQueueTimeout if the request has waited for too long.
func (s *Slots) Enter(ctx context.Context) error { return s.queue.wait(ctx, true) }

// Return waits for a slot for as long as ctx allows, for a request that has had
// one before: its work would be lost otherwise.
func (s *Slots) Return(ctx context.Context) error { return s.queue.wait(ctx, false) }

// patient slots refuse no one: a fault takes CPU time from an overloaded service too.
type patient struct{ *Slots }

func (p patient) Enter(ctx context.Context) error { return p.Return(ctx) }

// Leave gives a slot back. If a request waits for it, that one also gets this
// processor at once. It would otherwise wait for the reply to be written here, or
// for another processor to wake up, and the slot's core would idle meanwhile.
func (s *Slots) Leave() {
	if s.count > 0 && s.queue.give() {
		runtime.Gosched()
	}
}

// cores is how many requests can compute at once.
func (s *Slots) cores() int {
	if s.count == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return s.count
}

// ComputeIn has every work route compute in one of the slots, and reports how
// many there are. It is called once, before Handler; without it computation is
// not bounded.
func (s *Server) ComputeIn(slots *Slots) {
	s.slots = slots
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	s.tel.Registry.MustRegister(
		gauge("lab_compute_slots", "Requests that may compute at once; 0 means that they are not bounded.",
			func() float64 { return float64(slots.count) }),
		gauge("lab_compute_cores", "Requests that can compute at once: the slots, or GOMAXPROCS where they are not bounded.",
			func() float64 { return float64(slots.cores()) }),
		gauge("lab_compute_waiting_requests", "Requests that wait for a compute slot.",
			func() float64 { waiting, _ := slots.queue.state(); return float64(waiting) }),
		gauge("lab_compute_queue_burst_requests", "Requests beyond which the queue for compute slots is overloaded.",
			func() float64 { return float64(slots.queue.bounds.Burst) }),
		gauge("lab_compute_queue_target_seconds", "Longest wait for a first compute slot under overload; 0 means that it is not bounded.",
			func() float64 { return slots.queue.bounds.Target.Seconds() }),
		gauge("lab_compute_queue_overloaded", "1 while the queue for compute slots is overloaded, else 0.",
			func() float64 {
				if _, overloaded := slots.queue.state(); overloaded {
					return 1
				}
				return 0
			}),
	)
}
