package nethttp

import (
	"net/http"
	"strconv"
	"time"

	"loadlab/internal/workmeter"
)

// wait sleeps for d, or until the client leaves.
func wait(_ http.ResponseWriter, r *http.Request, d time.Duration) (map[string]any, error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return map[string]any{"waited_ms": float64(d) / float64(time.Millisecond)}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

const stepsPerLook = 8192 // between two looks at the clock: about ten microseconds

// spin uses up d of its thread's CPU time with a xorshift generator, or stops
// when the client leaves.
func spin(_ http.ResponseWriter, r *http.Request, d time.Duration) (map[string]any, error) {
	meter := workmeter.StartReceived(0)
	defer meter.Stop()
	state, steps := uint64(1), 0
	for until := meter.CPU() + d; meter.CPU() < until; steps += stepsPerLook {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		for range stepsPerLook {
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
		}
	}
	return map[string]any{"steps": steps, "state": strconv.FormatUint(state, 10)}, nil
}
