package loadgen

import (
	"os"
	"runtime"
	"time"

	"loadlab/internal/cgroup"
)

// usableCores is how much CPU time per second this process may use: what its
// control group allows, which may be less than one core although Go never runs
// on fewer than that, and never more than Go uses.
func usableCores() float64 {
	cores := float64(runtime.GOMAXPROCS(0))
	if limit, ok := cgroup.ReadCPU(os.DirFS("/")); ok {
		return min(cores, limit.Cores)
	}
	return cores
}

// throttled is for how long the CPU quota of this process's control group has stopped it so far.
func throttled() time.Duration {
	limit, _ := cgroup.ReadCPU(os.DirFS("/"))
	return limit.Throttled
}

// share is the CPU time used out of what the usable cores had.
func (e *Engine) share(used, wall time.Duration) float64 {
	if wall <= 0 {
		return 0
	}
	return used.Seconds() / wall.Seconds() / e.cfg.Cores
}
