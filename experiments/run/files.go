package run

import (
	"fmt"

	"loadlab/internal/openfiles"
	"loadlab/loadgen/plan"
)

// otherFiles are those that this process has open besides its connections.
const otherFiles = 100

// lackingFiles names the loads with more connections than this process may
// open: a socket too many fails as if the service had refused it.
func (run *runner) lackingFiles() (lacking []string, err error) {
	limit, known := openfiles.Limit()
	if !known {
		return nil, nil
	}
	return run.above(limit)
}

func (run *runner) above(limit uint64) (lacking []string, err error) {
	for _, l := range run.loads {
		if l.step.Loop == plan.Open && l.step.Connections == 0 {
			continue // the default is a bound that few loads reach
		}
		cfg, err := run.config(l.step, l.level)
		if err != nil {
			return nil, err
		}
		if needed := uint64(cfg.MostConnections()) + otherFiles; needed > limit {
			lacking = append(lacking, fmt.Sprintf("step %s at %g needs %d open files, and this process may have %d: raise the limit (ulimit -n %d)", l.step.Name, l.level, needed, limit, needed))
		}
	}
	return lacking, nil
}
