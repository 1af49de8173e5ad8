package send

import "loadlab/loadgen/record"

// Sets are the records of the warm-up and of what is reported.
type Sets [2]*record.Set

// The indices of Sets.
const (
	Warmup = iota
	Reported
)

// NewSets returns empty sets for as many targets.
func NewSets(targets int) (s Sets) {
	for i := range s {
		s[i] = record.NewSet(targets)
	}
	return s
}

func (s *Sets) of(warm bool) *record.Set {
	if warm {
		return s[Warmup]
	}
	return s[Reported]
}
