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

// ReasonLag is the name of the reason that the generator was late.
const ReasonLag = "lag"

// Reasons are the names that a reason can have.
func Reasons() []string { return []string{ReasonLag, "rate", "cpu", "little", "empty"} }

// What limited the throughput.
const (
	NoLimit        = "none"
	LimitServer    = "server"
	LimitGenerator = "generator"
)

const batchLoop = "batch"

// Limits of a valid measurement.
const (
	MaxLag = time.Millisecond // of the 99th percentile
	MaxCPU = 0.8              // of the usable cores

	maxLagShare = 0.1  // of the median response
	minAchieved = 0.99 // of the offered rate
	maxLittle   = 0.05 // relative difference
	// minSample is the least number of requests from which Little's law is judged.
	minSample = 100
)

// judge is the health gate. Waiting for a server that is slow is not lag: lag
// ends when a request is handed to a connection, or to the queue for one.
func (r *Report) judge(open bool) {
	r.Validity, r.Limit = Validity{}, NoLimit
	invalid := func(name, format string, args ...any) {
		r.Validity.Reasons = append(r.Validity.Reasons, Reason{name, fmt.Sprintf(format, args...)})
	}
	if r.Completed == 0 {
		invalid("empty", "no request was completed")
	}
	late := false
	if p99 := r.Lag.Quantile(.99); open && p99 > MaxLag {
		late = true
		invalid(ReasonLag, "schedule lag p99 is %v, more than %v", round(p99), MaxLag)
	} else if p50 := r.Response.Quantile(.5); open && float64(p99) > maxLagShare*float64(p50) && p99 > 300*time.Microsecond {
		invalid(ReasonLag, "schedule lag p99 is %v, more than a tenth of the median response %v", round(p99), round(p50))
	}
	if unread, mean := r.unread(), r.Response.Mean(); unread > MaxLag && float64(unread) > maxLagShare*float64(mean) {
		invalid(ReasonLag, "responses lay in the generator's sockets for %v on average, more than a tenth of the mean response %v", round(unread), round(mean))
	}
	busy := r.GeneratorCPU > MaxCPU
	if busy {
		invalid("cpu", "the generator used %.0f %% of the cores it may use, more than %.0f %%", 100*r.GeneratorCPU, 100*MaxCPU)
	}
	r.Limit = r.limit(open, late || busy)
	if achieved := r.sentShare(); open && achieved < minAchieved && r.Limit != LimitServer {
		invalid("rate", "%.2f %% of the scheduled requests were completed, less than %.0f %%", 100*achieved, 100*minAchieved)
	}
	if r.Completed >= minSample {
		if off := math.Abs(r.MeanInFlight-r.LittleInFlight) / math.Max(r.MeanInFlight, 1e-9); off > maxLittle {
			invalid("little", "mean in flight is %.2f, by Little's law %.2f", r.MeanInFlight, r.LittleInFlight)
		}
	}
	r.Validity.Valid = len(r.Validity.Reasons) == 0
}

// unread is how long an average response lay in the generator's own socket: the
// lag that is not in the schedule.
func (r *Report) unread() time.Duration {
	if r.Completed == 0 {
		return 0
	}
	return max(0, r.Parts()[record.Lag.String()]-r.Lag.Sum) / time.Duration(r.Completed)
}

func (r *Report) sentShare() float64 {
	if r.Scheduled == 0 {
		return 1
	}
	return float64(r.Completed) / float64(r.Scheduled)
}

// limit says what held the rate down. Requests that could not be sent, or took
// most of their time waiting for a connection, were held up by the server
// unless the generator itself was late.
func (r *Report) limit(open, generator bool) string {
	if !open {
		if r.Loop == batchLoop {
			return NoLimit // there is no rate that could have been higher
		}
		if generator {
			return LimitGenerator
		}
		return LimitServer // a closed loop always waits for the server
	}
	held := r.sentShare() < minAchieved || r.Parts()[record.Blocked.String()] > r.Service.Sum
	switch {
	case generator && (held || r.Lag.Quantile(.5) > MaxLag), r.Dropped["late"] > 0:
		return LimitGenerator
	case held:
		return LimitServer
	}
	return NoLimit
}

func round(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
