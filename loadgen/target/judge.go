package target

import "loadlab/loadgen/responsecheck"

// Judge returns the first check that does not hold for r, with the reason; nil if all hold.
func (t *Target) Judge(r *responsecheck.Response) (failed *responsecheck.Check, why error) {
	for _, c := range t.Checks {
		if err := c.Evaluate(r); err != nil {
			return c, err
		}
	}
	return nil, nil
}

// JudgesStatus reports whether a check says which statuses are errors.
func (t *Target) JudgesStatus() bool {
	for _, c := range t.Checks {
		if c.OfStatus() {
			return true
		}
	}
	return false
}

// ReadsBody reports whether the body of a response is needed.
func (t *Target) ReadsBody() bool {
	for _, c := range t.Checks {
		if c.OfBody() {
			return true
		}
	}
	for _, rule := range t.Extract {
		if rule.OfBody() {
			return true
		}
	}
	return false
}
