//go:build linux

package lab

import (
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// Each fault is caused LAB_TRIES times: acknowledged items are stored once,
// requests that do not need the part succeed, and everything recovers.

// TestFaultsOfProcesses kills each part of the lab, and stops and kills PostgreSQL.
func TestFaultsOfProcesses(t *testing.T) {
	f := startFaulty(t, nil, false)
	tries := testkit.Tries(t)
	down := 10 * time.Second // of PostgreSQL
	if tries == 1 {
		down = time.Second
	}
	for i := range tries {
		for _, part := range []string{"iobound", "cpubound", "mixed", "items"} {
			f.try(f.kill(part, behind[part]...))
		}
		f.try(f.kill("gateway", observe.TrafficKinds()...))
		f.try(f.kill("loadgen"))
		f.try(fault{name: "PostgreSQL stopped for " + down.String(), affects: behind["items"], hold: down, cause: f.postgres.Stop, end: f.postgres.Start})
		f.try(fault{name: "`kill -9` of PostgreSQL", affects: behind["items"], cause: f.postgres.Kill, end: f.postgres.Start})
		t.Logf("%d of %d tries", i+1, tries)
	}
	f.finish()
}

// TestFaultsOfTheNetwork breaks each connection between two parts in each way.
func TestFaultsOfTheNetwork(t *testing.T) {
	f := startFaulty(t, nil, true)
	tries := testkit.Tries(t)
	silence := 6 * time.Second // longer than the budget of a wait
	if tries == 1 {
		silence = 2 * time.Second
	}
	for i := range tries {
		for j, part := range []string{"iobound", "cpubound", "mixed", "items", "postgres"} {
			affects := behind[part]
			if part == "postgres" {
				affects = behind["items"]
			}
			states := []testkit.Link{testkit.Cut, testkit.Reset, testkit.Silent}
			if tries == 1 { // the short form has one of them for each link
				states = states[j%3:][:1]
			}
			for _, state := range states {
				hold := time.Second
				if state == testkit.Silent {
					hold = silence
				}
				f.try(f.breakLink(part, state, hold, affects...))
			}
		}
		t.Logf("%d of %d tries", i+1, tries)
	}
	f.finish()
}
