package report

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// complete returns why a report that was read cannot be used.
func (r *Report) complete() error {
	if r.Version != Version {
		return fmt.Errorf("its version is %d, not %d", r.Version, Version)
	}
	times := []Times{r.Response, r.ResponseOK, r.Service, r.Lag}
	for i := range r.Targets {
		times = append(times, r.Targets[i].Response, r.Targets[i].Service)
	}
	if slices.ContainsFunc(times, func(t Times) bool { return t.HDR == nil }) {
		return errors.New("a histogram is missing")
	}
	return nil
}

// Merge joins the reports of generators that ran at the same time: counts,
// rates, numbers in flight add up, histograms merge without loss. The whole is
// valid if every part is, and if they ran together for most of the time. Runs that
// never ran all at once are refused.
func Merge(reports []*Report) (*Report, error) {
	if len(reports) == 0 {
		return nil, errors.New("merge reports: there is none")
	}
	merged := *reports[0]
	merged.Dropped = map[string]uint64{}
	merged.Targets, merged.Merged, merged.Thresholds = nil, nil, nil
	merged.Labels, merged.Lost = maps.Clone(reports[0].Labels), map[string]uint64{}
	merged.Clients, merged.Protocols = nil, map[string]uint64{}
	merged.Validity = Validity{Valid: true}
	for i, r := range reports {
		if slices.Contains(merged.Merged, r.RunID) {
			return nil, fmt.Errorf("merge reports: run %s is there twice", r.RunID)
		}
		merged.Merged = append(merged.Merged, r.RunID)
		merged.mergeTargets(r.Targets)
		addAll(merged.Dropped, r.Dropped)
		addAll(merged.Lost, r.Lost)
		maps.DeleteFunc(merged.Labels, func(name, value string) bool { return r.Labels[name] != value }) // what holds for all
		merged.Clients = addClients(merged.Clients, r.Clients)
		addAll(merged.Protocols, r.Protocols)
		for _, reason := range r.Validity.Reasons {
			merged.Validity.Valid = false
			merged.Validity.Reasons = append(merged.Validity.Reasons, Reason{reason.Name, r.RunID + ": " + reason.Detail})
		}
		if i > 0 {
			merged.add(r)
		}
	}
	alone, err := together(reports)
	if err != nil {
		return nil, err
	}
	if alone != nil {
		merged.Validity.Valid = false
		merged.Validity.Reasons = append(merged.Validity.Reasons, *alone)
	}
	merged.RunID = fmt.Sprintf("%d runs", len(reports))
	return &merged, nil
}

// add sums what is not a map or a list.
func (r *Report) add(other *Report) {
	r.Scheduled += other.Scheduled
	r.Completed += other.Completed
	r.Unfinished += other.Unfinished
	r.Warmup += other.Warmup
	r.Redirects += other.Redirects
	r.Chains = r.Chains.add(other.Chains)
	r.OfferedRate += other.OfferedRate
	r.AchievedRate += other.AchievedRate
	r.MeanInFlight += other.MeanInFlight
	r.LittleInFlight += other.LittleInFlight
	r.Elapsed, r.Drained = max(r.Elapsed, other.Elapsed), max(r.Drained, other.Drained)
	r.GeneratorCPU = max(r.GeneratorCPU, other.GeneratorCPU)
	r.Interrupted = r.Interrupted || other.Interrupted
	r.ResponseOK = r.ResponseOK.Merge(other.ResponseOK)
	r.Response, r.Service, r.Lag = r.Response.Merge(other.Response), r.Service.Merge(other.Service), r.Lag.Merge(other.Lag)
	if other.Started.Before(r.Started) {
		r.Started = other.Started
	}
	if other.Ended.After(r.Ended) {
		r.Ended = other.Ended
	}
	if r.Scenario != other.Scenario {
		r.Scenario = "several"
	}
	if r.Limit != other.Limit && (r.Limit == NoLimit || other.Limit == LimitGenerator) {
		r.Limit, r.LimitCause = other.Limit, other.LimitCause
	}
}

func (r *Report) mergeTargets(targets []Target) {
	for _, t := range targets {
		at := slices.IndexFunc(r.Targets, func(known Target) bool { return known.Name == t.Name })
		if at < 0 {
			r.Targets = append(r.Targets, t.clone())
			continue
		}
		into := &r.Targets[at]
		into.Scheduled += t.Scheduled
		into.Completed += t.Completed
		into.Unfinished += t.Unfinished
		into.Dropped += t.Dropped
		into.Bytes += t.Bytes
		into.Splits += t.Splits
		into.Dated += t.Dated
		into.Failures = addFailures(into.Failures, t.Failures)
		addAll(into.Outcomes, t.Outcomes)
		addAll(into.Status, t.Status)
		addAll(into.Parts, t.Parts)
		into.Response, into.Service = into.Response.Merge(t.Response), into.Service.Merge(t.Service)
	}
}

// clone copies what mergeTargets changes in place.
func (t Target) clone() Target {
	outcomes, status, parts := map[string]uint64{}, map[int]uint64{}, map[string]time.Duration{}
	addAll(outcomes, t.Outcomes)
	addAll(status, t.Status)
	addAll(parts, t.Parts)
	t.Outcomes, t.Status, t.Parts, t.Failures = outcomes, status, parts, slices.Clone(t.Failures)
	return t
}

// Compare prints the figures of two runs side by side.
func Compare(w io.Writer, a, b *Report) {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "\t%s\t%s\tchange\t\n", a.RunID, b.RunID)
	fmt.Fprintf(table, "valid\t%v\t%v\t\t\n", a.Validity.Valid, b.Validity.Valid)
	row := func(name string, x, y float64, text func(float64) string) {
		change := ""
		if x > 0 {
			change = fmt.Sprintf("%+.1f %%", 100*(y-x)/x)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t\n", name, text(x), text(y), change)
	}
	number := func(v float64) string { return fmt.Sprintf("%.2f", v) }
	duration := func(v float64) string { return round(time.Duration(v)).String() }
	row("achieved rate", a.AchievedRate, b.AchievedRate, number)
	row("dropped", float64(a.DroppedAll()), float64(b.DroppedAll()), number)
	row("failed", float64(a.Failed()), float64(b.Failed()), number)
	for _, q := range []float64{.5, .9, .99, .999} {
		row(fmt.Sprintf("response p%g", 100*q), float64(a.Response.Quantile(q)), float64(b.Response.Quantile(q)), duration)
		row(fmt.Sprintf("service p%g", 100*q), float64(a.Service.Quantile(q)), float64(b.Service.Quantile(q)), duration)
	}
	_ = table.Flush() // an error of w would show elsewhere too
}
