package run

import (
	"fmt"
	"testing"
)

// What is over at the end of the load is seen.
func TestPeaksOfAWatchedServiceAreSeen(t *testing.T) {
	e := serving(t, func(waiting int64) string {
		return fmt.Sprintf("process_max_fds 1024\nprocess_resident_memory_bytes %d\nhttp_server_active_requests %d\n", (waiting+1)<<20, waiting)
	})
	r, err := Experiment(t.Context(), parsed(t), e, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Rounds[0].Points["waits"][0]; p.ServerMemory != 3<<20 || p.ServerInFlight != 2 {
		t.Errorf("%g bytes and %g in flight, want 3 MiB and 2", p.ServerMemory, p.ServerInFlight)
	}
}
