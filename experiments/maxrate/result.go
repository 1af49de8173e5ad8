package maxrate

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"loadlab/experiments/knee"
	"loadlab/experiments/result"
	"loadlab/internal/exitcode"
	"loadlab/loadgen/report"
)

// Schema is the version of the JSON form of a Result. docs/max.md describes it.
const Schema = 1

// The ends of a search.
const (
	Found       = "found"                   // the answer is Sustained
	AtLeastMax  = "at least max"            // even Config.Max was sustained
	NotEvenMin  = "not even min"            // nothing was sustained
	Generator   = "generator was the limit" // above Sustained the generator was too slow
	Interrupted = "incomplete"              // the search was cut short
)

// Result is what a search found. Rates are per second, times in seconds.
type Result struct {
	Schema    int            `json:"schema"`
	Targets   []string       `json:"targets"`
	SLO       []string       `json:"slo"` // with those implied
	Min       float64        `json:"min_rate"`
	Max       float64        `json:"max_rate"`
	Duration  float64        `json:"duration_s"` // of each measurement
	Warmup    float64        `json:"warmup_s"`
	Arrivals  string         `json:"arrivals"`
	Seed      uint64         `json:"seed"`
	Started   time.Time      `json:"started"`
	Seconds   float64        `json:"seconds"`
	Machine   result.Machine `json:"machine"`
	Command   string         `json:"command,omitempty"` // repeats the search
	End       string         `json:"end"`
	Sustained float64        `json:"sustained_rate"` // the highest that was; 0 if none
	// Failed is the lowest rate that was not sustained, or not offered as it should be; 0 if there was none.
	Failed       float64       `json:"failed_rate,omitempty"`
	Observations []Observation `json:"observations"`
}

func (c Config) newResult(began time.Time, slo []report.Threshold) *Result {
	load := c.load(c.Min, 0)
	r := &Result{
		Schema: Schema, Min: c.Min, Max: c.Max, Duration: c.Duration.Seconds(), Warmup: c.Warmup.Seconds(),
		Arrivals: string(load.Plan.Phases[0].Arrivals), Seed: c.Seed, Started: began, Observations: []Observation{},
		Machine: result.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()},
	}
	for i := range c.Targets {
		r.Targets = append(r.Targets, c.Targets[i].Method+" "+c.Targets[i].URL)
	}
	for i := range slo {
		r.SLO = append(r.SLO, slo[i].Text)
	}
	return r
}

// last is the newest observation, nil before the first.
func (r *Result) last() *Observation {
	if len(r.Observations) == 0 {
		return nil
	}
	return &r.Observations[len(r.Observations)-1]
}

// conclude sets what the state machine knows.
func (r *Result) conclude(known knee.Result) {
	r.Sustained = known.Sustained
	if !math.IsInf(known.Failed, 0) {
		r.Failed = known.Failed
	}
	r.End = [...]string{
		knee.Searching: Interrupted, knee.Found: Found, knee.AboveMax: AtLeastMax, knee.BelowMin: NotEvenMin, knee.Unobservable: Generator,
	}[known.End]
}

// Answer is the result in one sentence.
func (r *Result) Answer() string {
	slo := strings.Join(r.SLO, ", ")
	switch r.End {
	case Found:
		return fmt.Sprintf("The service sustains %s/s with %s; %s/s it does not.", rate(r.Sustained), slo, rate(r.Failed))
	case AtLeastMax:
		return fmt.Sprintf("The limit is at least %s/s, the highest rate that was tried: %s hold there.", rate(r.Max), slo)
	case NotEvenMin:
		return fmt.Sprintf("Not even %s/s holds, the lowest rate that was tried: of %s at least one is missed.", rate(r.Min), slo)
	case Generator:
		return fmt.Sprintf("The generator was the limit: the service sustains at least %s/s, and %s/s could not be offered as it should.",
			rate(r.Sustained), rate(r.Failed))
	}
	text := "Incomplete: the search was interrupted"
	if r.Sustained > 0 {
		text += fmt.Sprintf("; %s/s was sustained", rate(r.Sustained))
	}
	if r.Failed > 0 {
		text += fmt.Sprintf("; %s/s was not", rate(r.Failed))
	}
	return text + "."
}

// rate has four digits, all of them if it has more before the point.
func rate(v float64) string {
	if v >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// ExitCode is what a command that made the search exits with.
func (r *Result) ExitCode() int {
	switch r.End {
	case Found, AtLeastMax:
		return exitcode.Pass
	case NotEvenMin:
		return exitcode.Fail
	case Generator:
		return exitcode.Invalid
	}
	return exitcode.Error
}

// WriteText prints the result for a terminal.
func (r *Result) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", r.Answer())
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "offered/s\tachieved/s\tp50 ms\tp99 ms\toutcome\twhy")
	for i := range r.Observations {
		o := &r.Observations[i]
		fmt.Fprintf(t, "%s\t%s\t%.2f\t%.2f\t%s\t%s\n", rate(o.Rate), rate(o.Achieved), 1e3*o.P50, 1e3*o.P99, o.Outcome, o.Why)
	}
	_ = t.Flush() // a terminal that does not take it took nothing before either
	fmt.Fprintf(w, "\n%d measurements of %g s in %.0f s, %s arrivals", len(r.Observations), r.Duration, r.Seconds, r.Arrivals)
	if r.Command != "" {
		fmt.Fprintf(w, "\nrepeat with: %s", r.Command)
	}
	fmt.Fprintln(w)
}

// WriteJSON writes the result in the form of Schema.
func (r *Result) WriteJSON(w io.Writer) error { return result.Encode(w, r) }
