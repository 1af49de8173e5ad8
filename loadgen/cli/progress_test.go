package cli

import (
	"strings"
	"testing"
	"time"

	"loadlab/loadgen"
)

// moment is a snapshot with a figure for each part of the line.
func moment(elapsed time.Duration) loadgen.Snapshot {
	return loadgen.Snapshot{
		Elapsed: elapsed, State: loadgen.State{Phase: "io", Paused: elapsed > 20*time.Second}, Rate: 99.96, InFlight: 7, Failed: 3, Dropped: 2,
		ResponseP50: 1234 * time.Microsecond, ResponseP99: 56789 * time.Microsecond, LagP99: 45 * time.Microsecond,
	}
}

func TestPlainLinesEachTenSeconds(t *testing.T) {
	const line = "io 100.0/s, in flight 7, p50 1.23ms, p99 57ms, errors 3, dropped 2, lag p99 50µs"
	var out strings.Builder
	l := &lines{out: &out}
	for _, second := range []time.Duration{1, 2, 11, 21} {
		l.show(moment(second * time.Second))
	}
	l.end()
	if want := "1s " + line + "\n11s " + line + "\n21s " + line + " (paused)\n"; out.String() != want {
		t.Errorf("got  %q\nwant %q", &out, want)
	}
}
