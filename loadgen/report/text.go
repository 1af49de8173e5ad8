package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"loadlab/loadgen/record"
)

// WriteText prints the report for people. Its first lines say whether the
// measurement is valid, how late the generator was, what was never sent.
func (r *Report) WriteText(w io.Writer) {
	r.writeTrust(w)
	fmt.Fprintf(w, "\nrun        %s, scenario %s, %s loop, %v", r.RunID, r.Scenario, r.Loop, round(r.Elapsed))
	if r.Interrupted {
		fmt.Fprint(w, ", interrupted")
	}
	fmt.Fprintf(w, "\nrequests   %d scheduled = %d completed + %d dropped + %d unfinished", r.Scheduled, r.Completed, r.DroppedAll(), r.Unfinished)
	if r.Warmup > 0 {
		fmt.Fprintf(w, " (and %d of the warm-up)", r.Warmup)
	}
	fmt.Fprintf(w, "\nrate       %.2f/s offered, %.2f/s achieved\n", r.OfferedRate, r.AchievedRate)
	fmt.Fprintf(w, "in flight  %.2f on average, %.2f by Little's law\n", r.MeanInFlight, r.LittleInFlight)
	fmt.Fprintf(w, "generator  %.1f %% of its cores\n", 100*r.GeneratorCPU)
	r.writeClients(w)
	r.writeChains(w)
	fmt.Fprintln(w)
	r.writeTimes(w)
	r.writeHistogram(w)
	r.writeParts(w)
	r.writeTargets(w)
	r.writeFailures(w)
	if n := r.Lost[LostLines]; n > 0 {
		fmt.Fprintf(w, "lost       %d requests in the log, whose file was slower than the load\n", n)
	}
	if n := r.Lost[LostWrites]; n > 0 {
		fmt.Fprintf(w, "lost       %d writes of metrics; later ones have the same totals\n", n)
	}
	for _, t := range r.Thresholds {
		switch {
		case t.Reason != "":
			fmt.Fprintf(w, "threshold  %s: FAILED (%s)\n", t.Text, t.Reason)
		case t.OK:
			fmt.Fprintf(w, "threshold  %s: holds (%.4g)\n", t.Text, t.Value)
		default:
			fmt.Fprintf(w, "threshold  %s: FAILED (%.4g)\n", t.Text, t.Value)
		}
	}
}

func (r *Report) writeTrust(w io.Writer) {
	if r.Validity.Valid {
		fmt.Fprintln(w, "valid      yes")
	} else {
		fmt.Fprintln(w, "valid      NO")
		for _, reason := range r.Validity.Reasons {
			fmt.Fprintf(w, "           %s: %s\n", reason.Name, reason.Detail)
		}
	}
	if r.Loop == closedLoop {
		fmt.Fprintln(w, "late       closed loop: a slow server slows the load, so response times leave out what was not sent")
	} else {
		fmt.Fprintf(w, "late       lag p50 %v, p99 %v, max %v\n", round(r.Lag.Quantile(.5)), round(r.Lag.Quantile(.99)), round(r.Lag.Max()))
	}
	fmt.Fprintf(w, "dropped    %d", r.DroppedAll())
	for _, reason := range slices.Sorted(maps.Keys(r.Dropped)) {
		fmt.Fprintf(w, ", %s %d", reason, r.Dropped[reason])
	}
	fmt.Fprintln(w)
	if r.Loop == batchLoop && r.Limit == NoLimit {
		return
	}
	words := map[string]string{
		NoLimit: "none: the offered rate was reached", LimitConnections: "the connections", LimitServer: "the server", LimitGenerator: "the generator",
	}[r.Limit]
	if r.Limit == NoLimit && r.Loop == closedLoop {
		words = "none: every request was served"
	}
	if r.LimitCause != "" {
		words += ": " + r.LimitCause
	}
	fmt.Fprintf(w, "limit      %s\n", words)
}

func (r *Report) writeTimes(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "time\tmean\tp50\tp90\tp99\tp99.9\tmax\t")
	row := func(name string, t Times) {
		fmt.Fprintf(table, "%s\t%v\t", name, round(t.Mean()))
		for _, q := range []float64{.5, .9, .99, .999} {
			fmt.Fprintf(table, "%v\t", round(t.Quantile(q)))
		}
		fmt.Fprintf(table, "%v\t\n", round(t.Max()))
	}
	row("response", r.Response)
	if r.Failed() > 0 {
		row("of successes", r.ResponseOK)
	}
	row("service", r.Service)
	_ = table.Flush() // an error of w would show in every other write too
}

// writeParts prints where the time of an average request went, without the
// parts that are zero.
func (r *Report) writeParts(w io.Writer) {
	n := r.Completed
	if n == 0 {
		return
	}
	sums := r.Parts()
	var parts []string
	for p := range record.Parts {
		name := record.Part(p).String()
		if mean := sums[name] / time.Duration(n); mean > 0 {
			parts = append(parts, fmt.Sprintf("%s %v", name, round(mean)))
		}
	}
	fmt.Fprintf(w, "\nwhere the mean response went: %s\n", strings.Join(parts, ", "))
	if r.dated() == 0 {
		fmt.Fprintln(w, "when responses were received is unknown: lag has only the delay before sending")
	}
}

// dated is the number of responses whose time of receipt is known.
func (r *Report) dated() (n uint64) {
	for i := range r.Targets {
		n += r.Targets[i].Dated
	}
	return n
}

func (r *Report) writeTargets(w io.Writer) {
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "target\tcompleted\tresponse p50\tp99\tservice p50\tp99\toutcomes")
	for i := range r.Targets {
		t := &r.Targets[i]
		var outcomes []string
		for _, o := range slices.Sorted(maps.Keys(t.Outcomes)) {
			outcomes = append(outcomes, fmt.Sprintf("%s %d", o, t.Outcomes[o]))
		}
		fmt.Fprintf(table, "%s\t%d\t%v\t%v\t%v\t%v\t%s\n", t.Name, t.Completed, round(t.Response.Quantile(.5)), round(t.Response.Quantile(.99)),
			round(t.Service.Quantile(.5)), round(t.Service.Quantile(.99)), strings.Join(outcomes, ", "))
	}
	_ = table.Flush() // an error of w would show in every other write too
}
