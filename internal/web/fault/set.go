package fault

import (
	"context"
	"time"

	"loadlab/internal/web/faultkind"
)

// Fault is one switched fault. It ends automatically at Until.
type Fault struct {
	faultkind.Spec

	Until time.Time `json:"until"`
}

// active is a fault that is switched on.
type active struct {
	Fault
	began    time.Time
	sequence *faultkind.Sequence
	timer    *time.Timer
	cancel   context.CancelFunc // of what acts in the background
}

// set is immutable; a change makes a new one.
type set struct {
	faults  []*active
	changed chan struct{} // closed when the set is replaced
}

// find returns the fault of kind that acts on route now: its own before the one for all.
func (s *set) find(kind, route string, now time.Time) (found *active) {
	for _, f := range s.faults {
		if f.Kind != kind || f.Route != "" && f.Route != route || !now.Before(f.Until) {
			continue
		}
		if found == nil || found.Route == "" {
			found = f
		}
	}
	if found == nil || !found.ActsAt(now.Sub(found.began)) {
		return nil
	}
	return found
}
