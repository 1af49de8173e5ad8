//go:build linux

package lab

import "testing"

func TestTheDefaultLoadShowsTheCeilingAndTheRecovery(t *testing.T) {
	l := start(t, nil)
	if err := l.prometheus.CheckDefaultLoad(t.Context(), l.gateway, l.began); err != nil {
		t.Error(err)
	}
}
