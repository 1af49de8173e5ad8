package knee

import "math"

// Bound is the most observations that a search of these bounds can take.
func (s *Search) Bound() int {
	// The logarithms are taken first: the ratio of the widest bounds is no number.
	up, down := math.Log2(s.cfg.Max)-math.Log2(s.cfg.Start), math.Log2(s.cfg.Start)-math.Log2(s.cfg.Min)
	grow := int(math.Ceil(max(up, down)/math.Log2(growth))) + 2
	// Two of the observations of a candidate can be disturbed, then one and one differ, and one more settles it.
	return (grow + s.halvings(growth)) * (patience + agree)
}
