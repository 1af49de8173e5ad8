package e2e

import (
	"testing"
	"time"
)

// resolves is when an alert whose cause is over has ended at the latest.
const resolves = 150 * time.Second

// The tour takes the CPU-bound service past its ceiling in each lap, and the
// IO-bound one not. Nothing stays behind but alerts that the documentation
// announces. Other programs can only make a climb worse, so a second one may show it too.
func TestClimbShowsTheCeilingAndTheRecovery(t *testing.T) {
	p := prometheus(t)
	if err := p.CheckClimb(t.Context(), gateway(t), tourTime); err != nil {
		t.Logf("%v; looking at the next climb", err)
		if err := p.CheckClimb(t.Context(), gateway(t), tourTime); err != nil {
			t.Error(err)
		}
	}
	eventually(t, resolves, p.CheckAlerts)
}
