package result

import "loadlab/internal/exitcode"

// Verdict is what an experiment ends in.
type Verdict string

// The verdicts.
const (
	Holds          Verdict = "holds"
	DoesNotHold    Verdict = "does not hold"
	NotSignificant Verdict = "not significant" // the interval straddles a bound
	Invalid        Verdict = "invalid"         // the measurement cannot be trusted
	Incomplete     Verdict = "incomplete"      // the run was interrupted
)

// ExitCode is what a command that ran the experiment exits with.
func (v Verdict) ExitCode() int {
	switch v {
	case Holds:
		return exitcode.Pass
	case DoesNotHold, NotSignificant:
		return exitcode.Fail
	case Invalid:
		return exitcode.Invalid
	}
	return exitcode.Error
}
