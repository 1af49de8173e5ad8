package loadgen

import (
	"time"

	"loadlab/loadgen/send"
)

// usage is what a period consumed: request-seconds in flight, CPU seconds, and the
// time for which the CPU quota of its control group stopped the process.
type usage struct {
	inFlight  time.Duration
	cpu       time.Duration
	throttled time.Duration
}

// used is what has been consumed until the counts were taken, which is now.
func used(counts send.Counts) usage {
	return usage{cpu: processCPU(), inFlight: counts.InFlightFor, throttled: throttled()}
}

func (u usage) plus(other usage) usage {
	return usage{inFlight: u.inFlight + other.inFlight, cpu: u.cpu + other.cpu, throttled: u.throttled + other.throttled}
}

func (u usage) minus(other usage) usage {
	return usage{inFlight: u.inFlight - other.inFlight, cpu: u.cpu - other.cpu, throttled: u.throttled - other.throttled}
}
