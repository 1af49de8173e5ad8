//go:build linux

package lab

import (
	"testing"
	"time"

	"loadlab/test/observe"
)

const (
	lesson   = 90 * time.Second  // in which a newcomer has seen a ceiling and the recovery from it
	lap      = 4 * time.Minute   // in which the next one has
	resolves = 150 * time.Second // an alert whose cause is over, at the latest
)

// Other programs on the machine can only make a climb worse, so a second one may show it too.
func TestTheDefaultLoadShowsTheCeilingAndTheRecovery(t *testing.T) {
	l := start(t)
	if err := l.prometheus.CheckClimb(t.Context(), l.gateway, lesson-time.Since(l.began)); err != nil {
		t.Logf("%v; looking at the next climb", err)
		if err := l.prometheus.CheckClimb(t.Context(), l.gateway, lap); err != nil {
			t.Error(err)
		}
	}
	if err := observe.Eventually(t.Context(), resolves, l.prometheus.CheckAlerts); err != nil {
		t.Error(err)
	}
}
