package plan

import (
	"fmt"
	"strings"
	"time"

	"loadlab/loadgen/pace"
	"loadlab/loadgen/target"
)

// TourRate is the rate of the tour for which its phases are set out: on one
// core the phase "cpu" then keeps a half of it busy.
const TourRate = 40

// glance is the length of the phases of the tour's first lap, after which
// nothing in the lab's pictures is empty.
const glance = 3 * time.Second

// Tour shows every kind of work behind the gateway at base, phase after phase
// for ever; before that it takes a glance at all of them. Rate scales all
// phases; TourRate leaves them as they are.
func Tour(base string, rate float64, arrivals pace.Process, phase time.Duration) (Plan, error) {
	base = strings.TrimSuffix(base, "/")
	io := "GET " + base + "/io/wait?ms=50"
	cpu := "GET " + base + "/cpu/spin?ms=10"
	sequence, parallel := "GET "+base+"/mixed/sequence", "GET "+base+"/mixed/parallel"
	items := strings.ReplaceAll(`2*POST BASE/items {"name":"item {seq}","quantity":1};3*GET BASE/items/{created};`+
		`1*PUT BASE/items/{created} {"name":"item {seq}","quantity":2};1*GET BASE/items?limit=20;2*DELETE BASE/items/{created}`, "BASE", base)
	var phases []Phase
	for _, p := range []struct {
		name, targets string
		rate          float64
	}{
		{"io", io, 40},
		{"cpu", cpu, 50},
		{"mixed", sequence + ";" + parallel, 20},
		{"items", items, 40},
		{"all", "8*" + io + ";8*" + cpu + ";2*" + sequence + ";2*" + parallel + ";" + items, 40},
	} {
		targets, err := target.Parse(p.targets)
		if err != nil {
			return Plan{}, fmt.Errorf("tour at %q: %w", base, err)
		}
		phases = append(phases, Phase{
			Name: p.name, Loop: Open, Targets: targets, Arrivals: arrivals, Duration: phase, Rate: p.rate * rate / TourRate,
		})
	}
	tour := Plan{Name: "tour", Repeat: true}
	for _, p := range phases {
		p.Once, p.Duration = true, min(glance, phase)
		tour.Phases = append(tour.Phases, p)
	}
	tour.Phases = append(tour.Phases, phases...)
	return tour, nil
}
