package report

import "time"

// Parts are the sums of the parts of the response time of completed requests,
// over all targets.
func (r *Report) Parts() map[string]time.Duration {
	sums := map[string]time.Duration{}
	for i := range r.Targets {
		for part, d := range r.Targets[i].Parts {
			sums[part] += d
		}
	}
	return sums
}
