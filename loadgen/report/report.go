// Package report says what a run measured, how far it can be trusted.
package report

import (
	"time"

	"loadlab/loadgen/record"
)

// Version of the JSON form.
const Version = 2

// Report is the outcome of one run, or of several merged. Durations are in
// nanoseconds in JSON.
type Report struct {
	Version  int       `json:"version"`
	RunID    string    `json:"run_id"`
	Scenario string    `json:"scenario"`
	Loop     string    `json:"loop"` // of the last phase
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended"` // when the last request in flight had ended

	// Elapsed is the time from the end of the warm-up to the end of the schedule,
	// Drained how long the requests in flight then took.
	Elapsed time.Duration `json:"elapsed_ns"`
	Drained time.Duration `json:"drained_ns"`

	Scheduled  uint64            `json:"scheduled"`
	Completed  uint64            `json:"completed"`
	Unfinished uint64            `json:"unfinished"`
	Dropped    map[string]uint64 `json:"dropped"` // by reason
	Warmup     uint64            `json:"warmup_scheduled"`

	OfferedRate    float64 `json:"offered_rate"`     // scheduled per second
	AchievedRate   float64 `json:"achieved_rate"`    // completed per second
	MeanInFlight   float64 `json:"mean_in_flight"`   // from the integral of requests in flight
	LittleInFlight float64 `json:"little_in_flight"` // from the service times, which must agree
	// GeneratorCPU is CPU time over wall time and usable cores; negative where it is unknown.
	GeneratorCPU float64 `json:"generator_cpu"`

	Response   Times `json:"response"`    // of all requests but unfinished ones
	ResponseOK Times `json:"response_ok"` // of those that succeeded, which thresholds on times bound
	Service    Times `json:"service"`
	Lag        Times `json:"schedule_lag"`

	Clients     []Client          `json:"clients,omitempty"`
	Protocols   map[string]uint64 `json:"protocols,omitempty"` // responses to net/http by protocol, of the warm-up too
	Chains      *Chains           `json:"chains,omitempty"`
	Redirects   uint64            `json:"redirects,omitempty"` // followed, of the warm-up too
	Targets     []Target          `json:"targets"`
	Validity    Validity          `json:"validity"`
	Limit       string            `json:"limit"`                 // none, connections, server or generator
	LimitCause  string            `json:"limit_cause,omitempty"` // why that is the limit, in words
	Interrupted bool              `json:"interrupted"`
	Thresholds  []Threshold       `json:"thresholds,omitempty"`
	Merged      []string          `json:"merged,omitempty"` // ids of the runs in it
	// Labels describe the run in the words of its user.
	Labels map[string]string `json:"labels,omitempty"`
	// Lost is what outputs left out, by LostLines and LostWrites.
	Lost map[string]uint64 `json:"outputs_lost,omitempty"`
}

// What outputs can lose.
const (
	LostLines  = "log"          // requests for which the log had no room
	LostWrites = "remote_write" // writes of metrics that failed
)

// Target is what became of the requests to one target.
type Target struct {
	Name       string                   `json:"name"`
	Method     string                   `json:"method"`
	Scheduled  uint64                   `json:"scheduled"`
	Completed  uint64                   `json:"completed"`
	Unfinished uint64                   `json:"unfinished"`
	Dropped    uint64                   `json:"dropped"`
	Outcomes   map[string]uint64        `json:"outcomes"`
	Status     map[int]uint64           `json:"status"`
	Failures   []record.Failure         `json:"failures,omitempty"` // without statuses, which say enough
	Bytes      int64                    `json:"bytes"`
	Parts      map[string]time.Duration `json:"parts_ns"` // sums over the completed requests
	Splits     uint64                   `json:"server_splits"`
	Dated      uint64                   `json:"dated_responses"` // whose time of receipt by the kernel is known
	Response   Times                    `json:"response"`
	Service    Times                    `json:"service"`
}

// Run is what a report is made of.
type Run struct {
	ID, Scenario, Loop string
	Names, Methods     []string // of the targets
	Clients            []Client
	Protocols          map[string]uint64
	Chains             *Chains
	Redirects          uint64
	Totals             *record.Totals
	Started, Ended     time.Time
	Elapsed, Drained   time.Duration
	InFlightFor        time.Duration // request-seconds in flight within Elapsed and Drained
	CPU                float64
	Cores              float64       // CPU time per second that the generator may use
	Throttled          time.Duration // for which its CPU quota stopped the generator within Elapsed and Drained
	Warmup             uint64
	Open               bool // the loop is open, so lag means something
	Interrupted        bool
}

// New makes the report of a run.
func New(run Run) *Report {
	r := &Report{
		Version: Version, RunID: run.ID, Scenario: run.Scenario, Loop: run.Loop, Started: run.Started, Ended: run.Ended,
		Elapsed: run.Elapsed, Drained: run.Drained, GeneratorCPU: run.CPU, Warmup: run.Warmup, Interrupted: run.Interrupted,
		Dropped: map[string]uint64{}, Clients: run.Clients, Protocols: run.Protocols, Chains: run.Chains, Redirects: run.Redirects,
	}
	response, succeeded, service, lag := record.NewHDR(), record.NewHDR(), record.NewHDR(), record.NewHDR()
	var responseSum, succeededSum, serviceSum, lagSum, served time.Duration
	for i := range run.Totals.Targets {
		t := &run.Totals.Targets[i]
		target := newTarget(run.Names[i], run.Methods[i], t)
		if t.Scheduled == 0 {
			continue
		}
		r.Targets = append(r.Targets, target)
		r.Scheduled += target.Scheduled
		r.Completed += target.Completed
		r.Unfinished += target.Unfinished
		for reason, n := range t.Dropped {
			if n > 0 {
				r.Dropped[record.Drop(reason).String()] += n
			}
		}
		response.Merge(target.Response.HDR)
		service.Merge(target.Service.HDR)
		if ok := t.Response[record.OK]; ok != nil {
			succeeded.Merge(ok.HDR)
			succeededSum += ok.Sum
		}
		responseSum += target.Response.Sum
		serviceSum += target.Service.Sum
		for _, d := range t.Service {
			if d != nil {
				served += d.Sum
			}
		}
		if t.Lag != nil {
			lag.Merge(t.Lag.HDR)
			lagSum += t.Lag.Sum
		}
	}
	r.ResponseOK = NewTimes(succeeded, succeededSum)
	r.Response, r.Service, r.Lag = NewTimes(response, responseSum), NewTimes(service, serviceSum), NewTimes(lag, lagSum)
	if s := run.Elapsed.Seconds(); s > 0 {
		r.OfferedRate = float64(r.Scheduled) / s
		r.AchievedRate = float64(r.Completed) / s
	}
	if s := (run.Elapsed + run.Drained).Seconds(); s > 0 {
		r.MeanInFlight = run.InFlightFor.Seconds() / s
		r.LittleInFlight = served.Seconds() / s
	}
	r.judge(&run)
	return r
}

func newTarget(name, method string, t *record.TargetTotals) Target {
	target := Target{
		Name: name, Method: method, Scheduled: t.Scheduled, Bytes: t.Bytes, Splits: t.Splits, Dated: t.Dated, Failures: t.Failures(),
		Outcomes: map[string]uint64{}, Status: map[int]uint64{}, Parts: map[string]time.Duration{},
	}
	response, service := record.NewHDR(), record.NewHDR()
	var responseSum, serviceSum time.Duration
	for o := range record.Unfinished {
		if n := t.Outcomes[o]; n > 0 {
			target.Outcomes[o.String()] = n
			target.Completed += n
			response.Merge(t.Response[o].HDR)
			service.Merge(t.Service[o].HDR)
			responseSum += t.Response[o].Sum
			serviceSum += t.Service[o].Sum
		}
	}
	target.Unfinished = t.Outcomes[record.Unfinished]
	for _, n := range t.Dropped {
		target.Dropped += n
	}
	for code, n := range t.Status {
		if n > 0 {
			target.Status[code] = n
		}
	}
	for p, d := range t.Parts {
		target.Parts[record.Part(p).String()] = d
	}
	target.Response, target.Service = NewTimes(response, responseSum), NewTimes(service, serviceSum)
	return target
}
