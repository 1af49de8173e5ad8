package cpubound

import (
	"context"
	"time"

	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

type spun struct {
	Steps    uint64 `json:"steps"`
	State    uint64 `json:"state,string"` // of the generator after that many steps from 1
	Blocking bool   `json:"blocking"`
}

// stepsPerLook is how many steps are made between two looks at the CPU clock:
// about ten microseconds, so that the target is hit closely and the clock's own
// system call does not dominate.
const stepsPerLook = 8192

// spin uses up ms of CPU time: it steps a xorshift generator until the meter's
// clock says that the time is spent. With blocking it holds the process's one
// event-loop slot meanwhile.
func spin(loop *web.EventLoop) web.Work {
	return func(in *input.Reader) web.Do {
		d := in.Millis("ms", 10*time.Millisecond, 0, 10*time.Second)
		blocking := in.Bool("blocking", false)

		return func(ctx context.Context, m *workmeter.Meter) (any, error) {
			result := spun{State: 1, Blocking: blocking}
			burn := func() error {
				for until := m.CPU() + d; m.CPU() < until; {
					if ctx.Err() != nil {
						return context.Cause(ctx)
					}
					for range stepsPerLook {
						result.State = xorshift(result.State)
					}
					result.Steps += stepsPerLook
				}
				return nil
			}
			if blocking {
				return &result, loop.Run(ctx, m, burn)
			}
			return &result, burn()
		}
	}
}

// xorshift is the 64-bit generator of G. Marsaglia, "Xorshift RNGs", Journal of
// Statistical Software 8(14), 2003, with the shifts 13, 7 and 17.
func xorshift(x uint64) uint64 {
	x ^= x << 13
	x ^= x >> 7
	x ^= x << 17
	return x
}
