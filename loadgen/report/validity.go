package report

import (
	"fmt"
	"math"
	"time"

	"loadlab/loadgen/record"
)

// Validity says whether the run measured the server rather than the generator.
type Validity struct {
	Valid   bool     `json:"valid"`
	Reasons []Reason `json:"reasons,omitempty"`
}

// Reason is one thing that makes a measurement invalid.
type Reason struct {
	Name   string `json:"name"` // one of Reasons
	Detail string `json:"detail"`
}

// Names of reasons that are also judged while a run goes on.
const (
	ReasonLag        = "lag"
	ReasonCPU        = "cpu"
	ReasonLocalLimit = "local_limit"
)

// Reasons are the names that a reason can have.
func Reasons() []string {
	return []string{ReasonLocalLimit, ReasonLag, "rate", ReasonCPU, "little", "empty"}
}

// What limited the throughput.
const (
	NoLimit          = "none"
	LimitConnections = "connections"
	LimitServer      = "server"
	LimitGenerator   = "generator"
)

// The loops that a report judges in their own way.
const (
	closedLoop = "closed"
	batchLoop  = "batch"
)

// Limits of a valid measurement.
const (
	MaxLag = time.Millisecond // of the 99th percentile
	MaxCPU = 0.8              // of the usable cores

	maxThrottled = 0.1  // of the time
	maxLagShare  = 0.1  // of the median response
	minAchieved  = 0.99 // of the offered rate
	maxLittle    = 0.05 // relative difference
	leastLittle  = 0.01 // requests in flight, below which a difference is noise
	// minSample is the least number of requests from which Little's law is judged.
	minSample = 100
)

// judge is the health gate. Waiting for a server that is slow is not lag: lag
// ends when a request is handed to a connection, or to the queue for one.
func (r *Report) judge(run *Run) {
	r.Validity = Validity{}
	invalid := func(name, detail string) {
		r.Validity.Reasons = append(r.Validity.Reasons, Reason{name, detail})
	}
	if r.Completed == 0 {
		invalid("empty", "no request was completed")
	}
	own := r.ownLimits(run)
	for _, reason := range own {
		invalid(reason.Name, reason.Detail)
	}
	for _, detail := range r.lateness(run.Open) {
		invalid(ReasonLag, detail)
	}
	r.Limit, r.LimitCause = r.limit(run.Open, own)
	if achieved := r.sentShare(); run.Open && achieved < minAchieved && r.Limit != LimitServer {
		invalid("rate", fmt.Sprintf("%.2f %% of the scheduled requests were completed, less than %.0f %%", 100*achieved, 100*minAchieved))
	}
	if r.Completed >= minSample {
		if off := math.Abs(r.MeanInFlight - r.LittleInFlight); off > maxLittle*r.MeanInFlight && off > leastLittle {
			invalid("little", fmt.Sprintf("mean in flight is %.2f, by Little's law %.2f", r.MeanInFlight, r.LittleInFlight))
		}
	}
	r.Validity.Valid = len(r.Validity.Reasons) == 0
}

// lateness is how the generator was too late, in words.
func (r *Report) lateness(open bool) (details []string) {
	p99, p50 := r.Lag.Quantile(.99), r.Response.Quantile(.5)
	switch {
	case r.tooLate(open):
		details = append(details, fmt.Sprintf("schedule lag p99 is %v, more than %v", round(p99), MaxLag))
	case open && float64(p99) > maxLagShare*float64(p50) && p99 > 300*time.Microsecond:
		details = append(details, fmt.Sprintf("schedule lag p99 is %v, more than a tenth of the median response %v", round(p99), round(p50)))
	}
	if unread, mean := r.unread(), r.Response.Mean(); unread > MaxLag && float64(unread) > maxLagShare*float64(mean) {
		details = append(details, fmt.Sprintf("responses lay in the generator's sockets for %v on average, more than a tenth of the mean response %v", round(unread), round(mean)))
	}
	return details
}

// unread is how long an average response lay in the generator's own socket: the
// lag that is not in the schedule.
func (r *Report) unread() time.Duration {
	if r.Completed == 0 {
		return 0
	}
	return max(0, r.Parts()[record.Lag.String()]-r.Lag.Sum) / time.Duration(r.Completed)
}
