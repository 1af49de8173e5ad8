package cli

import (
	"errors"
	"fmt"
	"strings"

	"loadlab/internal/decimal"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/loadgen/compare"
	"loadlab/loadgen/report"
)

// Flags of compare.
const (
	toleranceFlag      = "--tolerance"
	errorToleranceFlag = "--error-tolerance"
)

// compare judges a report against a stored one.
func (c Command) compare(args []string) int {
	tolerance := compare.Default()
	var files []string
	var wrong problems
	for len(args) > 0 {
		if !strings.HasPrefix(args[0], "--") {
			files, args = append(files, args[0]), args[1:]
			continue
		}
		name, value, has := strings.Cut(args[0], "=")
		args = args[1:]
		if !has && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		switch name {
		case toleranceFlag:
			wrong.add(name, value, percentage(value, 10, &tolerance.Times))
		case errorToleranceFlag:
			wrong.add(name, value, percentage(value, 1, &tolerance.Shares))
		default:
			wrong.add(name, value, errors.New("no such flag; compare has --tolerance and --error-tolerance"))
		}
	}
	if len(files) != 2 {
		wrong.add("compare", strings.Join(files, " "), errors.New("needs two reports: the baseline's, then the one to judge; console compare and lab compare are for experiments"))
	}
	if len(wrong) > 0 {
		return c.fail(&env.Error{Problems: wrong})
	}
	baseline, err := report.ReadFile(files[0])
	now, err2 := report.ReadFile(files[1])
	if err := errors.Join(err, err2); err != nil {
		return c.fail(err)
	}
	result, err := compare.Reports(baseline, now, tolerance)
	if err != nil {
		return c.fail(&env.Error{Problems: []env.Problem{{Variable: "compare", Reason: strings.ReplaceAll(err.Error(), "\n", "; ")}}})
	}
	result.WriteText(c.Stdout)
	switch {
	case len(result.Invalid) > 0:
		return exitcode.Invalid
	case len(result.Worse()) > 0:
		return exitcode.Fail
	}
	return exitcode.Pass
}

// percentage reads "5%" or "0.05", up to most.
func percentage(text string, most float64, into *float64) error {
	number, isPercent := strings.CutSuffix(text, "%")
	v, err := decimal.Float(strings.TrimSpace(number))
	if isPercent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= most) {
		return fmt.Errorf("not a share such as 5%% or 0.05, up to %g%%", 100*most)
	}
	*into = v
	return nil
}
