package loadgen

import (
	"time"

	"loadlab/loadgen/send"
)

// usage is what a period consumed: request-seconds in flight, CPU seconds.
type usage struct {
	inFlight time.Duration
	cpu      time.Duration
}

// used is what has been consumed until the counts were taken, which is now.
func used(counts send.Counts) usage {
	return usage{cpu: processCPU(), inFlight: counts.InFlightFor}
}

func (u usage) plus(other usage) usage {
	return usage{inFlight: u.inFlight + other.inFlight, cpu: u.cpu + other.cpu}
}

func (u usage) minus(other usage) usage {
	return usage{inFlight: u.inFlight - other.inFlight, cpu: u.cpu - other.cpu}
}
