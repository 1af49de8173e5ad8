package plan

import (
	"fmt"
	"strings"
	"time"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/target"
)

// TourRate is the rate for which the phases of the tour are made: on one core
// the phase "cpu" then keeps a half of it busy.
const TourRate = 40

// TourConnections is the limit of connections to one host during a tour. The
// gateway takes 512 requests of /cpu at once. A smaller limit, or one that the
// waits share with a full queue of computations, would hold the waits up in the
// generator. A pacing thread may serve one of the two alone, with its share of
// the connections, so there are twice 1024.
const TourConnections = 2048

// glance is the length of the phases of the tour's first lap, after which
// nothing in the lab's pictures is empty.
const glance = 3 * time.Second

// TourConfig is what can be chosen of a tour.
type TourConfig struct {
	Base     string  // URL of the gateway
	Rate     float64 // scales all phases; TourRate leaves them as they are
	Arrivals pace.Process
	Phase    time.Duration // length of every phase but climb
	Warmup   time.Duration // of each phase, of climb at most its way up
	Steady   bool          // leaves climb out
}

// Tour shows every kind of work behind the gateway, phase after phase for ever.
// A glance of 3 s at each kind comes first, once. Then each lap begins with
// climb, which takes computation past what one core can do.
func Tour(c TourConfig) (Plan, error) {
	base := strings.TrimSuffix(c.Base, "/")
	io := "GET " + base + "/io/wait?ms=50"
	cpu := "GET " + base + "/cpu/spin?ms=10"
	sequence, parallel := "GET "+base+"/mixed/sequence", "GET "+base+"/mixed/parallel"
	items := strings.ReplaceAll(`2*POST BASE/items {"name":"item {seq}","quantity":1};3*GET BASE/items/{created};`+
		`1*PUT BASE/items/{created} {"name":"item {seq}","quantity":2};1*GET BASE/items?limit=20;2*DELETE BASE/items/{created}`, "BASE", base)
	var phases []Phase
	for _, p := range []struct {
		name, targets string
		rate          float64
		stages        []pace.Stage
	}{
		{"climb", io + ";" + cpu, climbFrom, climbStages()},
		{"io", io, 40, nil},
		{"cpu", cpu, 50, nil},
		{"mixed", sequence + ";" + parallel, 20, nil},
		{"items", items, 40, nil},
		{"all", "8*" + io + ";8*" + cpu + ";2*" + sequence + ";2*" + parallel + ";" + items, 40, nil},
	} {
		targets, err := target.Parse(p.targets)
		if err != nil {
			return Plan{}, fmt.Errorf("tour at %q: %w", base, err)
		}
		phase := Phase{
			Name: p.name, Loop: Open, Targets: targets, Arrivals: c.Arrivals, Duration: c.Phase, Warmup: c.Warmup, Rate: p.rate * c.Rate / TourRate,
		}
		if p.stages != nil {
			phase.Duration, phase.Warmup = 0, min(c.Warmup, climbUp)
			for _, s := range p.stages {
				phase.Stages = append(phase.Stages, pace.Stage{Duration: s.Duration, Rate: s.Rate * c.Rate / TourRate})
			}
		}
		phases = append(phases, phase)
	}
	tour := Plan{Name: "tour", Repeat: true}
	climb, rest := phases[0], phases[1:]
	for _, p := range rest {
		p.Once, p.Duration, p.Warmup = true, min(glance, c.Phase), 0
		tour.Phases = append(tour.Phases, p)
	}
	if c.Steady {
		tour.Name = "steady"
	} else {
		tour.Phases = append(tour.Phases, climb)
	}
	tour.Phases = append(tour.Phases, rest...)
	return tour, nil
}

// The phase climb asks for as many waits of 50 ms as computations of 10 ms: from
// 20/s of each, which is a fifth of what one core computes, up to 130/s, which
// is 1.3 of it, and back. The rates here are those of both together.
const (
	climbFrom = 40.0
	climbTop  = 260.0
	climbUp   = 18 * time.Second
)

func climbStages() []pace.Stage {
	return []pace.Stage{{Duration: climbUp, Rate: climbTop}, {Duration: 7 * time.Second, Rate: climbTop}, {Duration: 20 * time.Second, Rate: climbFrom}}
}
