package record

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"loadlab/loadgen/cause"
)

// A Failure is what failures of one kind have in common, with their number.
type Failure struct {
	Outcome string    `json:"outcome"` // or the reason of the drop
	Cause   string    `json:"cause"`
	Remedy  string    `json:"remedy,omitempty"` // only where the generator itself was the limit
	Count   uint64    `json:"count"`
	First   time.Time `json:"first"`
	Example string    `json:"example"` // what the first one says
}

// maxFailures bounds the kinds of failures of one target; more are counted as otherCauses.
const maxFailures = 20

// otherCauses is the cause of failures that are more than can be told apart.
const otherCauses = "other causes"

// failures are the kinds of failures of one target. It has one writer at a time.
type failures struct {
	kinds map[failureKey]*Failure
}

type failureKey struct{ outcome, cause string }

// add counts one failure.
func (f *failures) add(outcome string, c *cause.Cause) {
	kind, fresh := f.kind(failureKey{outcome, c.Text})
	if kind.Count++; fresh {
		kind.Remedy, kind.First, kind.Example = c.Remedy, time.Now(), c.Example()
	}
}

// merge adds other.
func (f *failures) merge(other failures) {
	for _, from := range other.list() {
		kind, fresh := f.kind(failureKey{from.Outcome, from.Cause})
		if kind.Count += from.Count; fresh || from.First.Before(kind.First) {
			kind.Remedy, kind.First, kind.Example = from.Remedy, from.First, from.Example
		}
	}
}

// kind returns the kind of failures with the key, and whether it is fresh.
func (f *failures) kind(key failureKey) (kind *Failure, fresh bool) {
	if known := f.kinds[key]; known != nil {
		return known, false
	}
	if len(f.kinds) >= maxFailures {
		key.cause = otherCauses
		if known := f.kinds[key]; known != nil {
			return known, false
		}
	}
	if f.kinds == nil {
		f.kinds = map[failureKey]*Failure{}
	}
	kind = &Failure{Outcome: key.outcome, Cause: key.cause}
	f.kinds[key] = kind
	return kind, true
}

// list returns the kinds in the order in which they first occurred.
func (f *failures) list() []Failure {
	all := make([]Failure, 0, len(f.kinds))
	for _, kind := range f.kinds {
		all = append(all, *kind)
	}
	slices.SortFunc(all, func(a, b Failure) int {
		return cmp.Or(a.First.Compare(b.First), strings.Compare(a.Outcome+a.Cause, b.Outcome+b.Cause))
	})
	return all
}

func (f *failures) reset() { clear(f.kinds) }

// Failures are the kinds of failures of the target, in the order in which they first occurred.
func (t *TargetTotals) Failures() []Failure { return t.failures.list() }
