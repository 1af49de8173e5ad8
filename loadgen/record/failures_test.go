package record_test

import (
	"fmt"
	"testing"
	"time"

	"loadlab/loadgen/cause"
	"loadlab/loadgen/record"
)

// A server cannot make the generator remember more kinds of failures than it has room for.
func TestKindsOfFailuresAreBounded(t *testing.T) {
	totals := record.NewTotals(1)
	set := record.NewSet(1)
	const rounds, kinds = 3, 500
	for range rounds {
		for n := range kinds {
			set.Add(&record.Result{Outcome: record.ProtocolError, Cause: &cause.Cause{Text: fmt.Sprint("kind ", n)}})
		}
		totals.Merge(set, time.Now())
		set.Reset()
	}
	failures := totals.Targets[0].Failures()
	sum := uint64(0)
	for _, f := range failures {
		sum += f.Count
	}
	last := failures[len(failures)-1]
	if len(failures) > 30 || sum != rounds*kinds {
		t.Errorf("%d kinds with %d failures, want at most 30 with %d", len(failures), sum, rounds*kinds)
	}
	if first := failures[0]; first.Cause != "kind 0" || first.Count != rounds || first.Example != "kind 0" || last.First.Before(first.First) {
		t.Errorf("the first is %+v, the last %+v", first, last)
	}
}

func TestASetForgetsItsFailures(t *testing.T) {
	set, totals := record.NewSet(1), record.NewTotals(1)
	set.Add(&record.Result{Outcome: record.ConnectError, Cause: cause.Lost})
	set.Reset()
	totals.Merge(set, time.Now())
	if failures := totals.Targets[0].Failures(); len(failures) > 0 {
		t.Errorf("after a reset there are %+v", failures)
	}
}
