package cli

import (
	"errors"
	"slices"
	"strings"

	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/loadgen/report"
)

// report merges the named report files, or compares two of them.
func (c Command) report(args []string) int {
	compare := len(args) > 0 && args[0] == "--compare"
	if compare {
		args = args[1:]
	}
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") {
			hint := didYouMean(strings.TrimLeft(arg, "-"), "--", []string{"compare"}, "the one that there is, --compare, comes first")
			return c.fail(&env.Error{Problems: []env.Problem{{Variable: arg, Reason: "no such flag of report; " + hint}}})
		}
	}
	if len(args) == 0 || compare && len(args) != 2 {
		return c.fail(&env.Error{Problems: []env.Problem{{Variable: "report", Reason: "needs the files of reports, of two with --compare"}}})
	}
	var reports []*report.Report
	var errs []error
	for _, path := range args {
		r, err := report.ReadFile(path)
		errs = append(errs, err)
		reports = append(reports, r)
	}
	if err := errors.Join(errs...); err != nil {
		return c.fail(err)
	}
	if compare {
		report.Compare(c.Stdout, reports[0], reports[1])
		return exitcode.Pass
	}
	merged, err := report.Merge(reports)
	if err != nil {
		return c.fail(err)
	}
	thresholds, err := thresholdsOnErrors(reports)
	if err != nil {
		return c.fail(err)
	}
	held := merged.Check(report.WithMaxErrorRate(thresholds))
	merged.WriteText(c.Stdout)
	return c.verdict(merged, held)
}

// thresholdsOnErrors are those of the runs. Their other thresholds need not make sense for all of them together.
func thresholdsOnErrors(reports []*report.Report) ([]report.Threshold, error) {
	var texts []string
	for _, r := range reports {
		for _, t := range r.Thresholds {
			if strings.HasPrefix(t.Text, "error_rate") && !slices.Contains(texts, t.Text) {
				texts = append(texts, t.Text)
			}
		}
	}
	return report.ParseThresholds(strings.Join(texts, ","))
}
