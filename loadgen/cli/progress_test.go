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

func TestProgress(t *testing.T) {
	const line = "io 100.0/s, in flight 7, p50 1.23ms, p99 57ms, errors 3, dropped 2, lag p99 50µs"
	for _, row := range []struct {
		name     string
		terminal bool
		want     string
	}{
		{"on a terminal each overwrites the last, and the end clears it", true,
			"\r\x1b[K1s " + line + "\r\x1b[K2s " + line + "\r\x1b[K11s " + line + "\r\x1b[K21s " + line + " (paused)\r\x1b[K"},
		{"elsewhere a plain line each ten seconds", false, "1s " + line + "\n11s " + line + "\n21s " + line + " (paused)\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out strings.Builder
			p := newProgress(&out, row.terminal)
			for _, second := range []time.Duration{1, 2, 11, 21} {
				p.show(moment(second * time.Second))
			}
			p.end()
			if out.String() != row.want {
				t.Errorf("got  %q\nwant %q", &out, row.want)
			}
		})
	}
}
