package e2e

import (
	"testing"
	"time"
)

const (
	nextClimb = 4 * time.Minute   // a lap of 195 s, with the recovery
	resolves  = 150 * time.Second // an alert whose cause is over has ended by then
)

// The tour takes the CPU-bound service past its ceiling in each lap, and the
// IO-bound one not. Nothing stays behind but alerts that the documentation
// announces. Other programs can only make a climb worse, so a second one may show it too.
func TestClimbShowsTheCeilingAndTheRecovery(t *testing.T) {
	p := prometheus(t)
	if err := p.CheckClimb(t.Context(), gateway(t), nextClimb); err != nil {
		t.Logf("%v; looking at the next climb", err)
		if err := p.CheckClimb(t.Context(), gateway(t), nextClimb); err != nil {
			t.Error(err)
		}
	}
	eventually(t, resolves, p.CheckAlerts)
}
