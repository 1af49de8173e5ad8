package report

import (
	"fmt"
	"io"
)

// Chains is what became of the chains that began after the warm-up. Those that neither completed nor failed
// were cut short by the end of their phase, or because a request of theirs was dropped.
type Chains struct {
	Started   uint64 `json:"started"`
	Completed uint64 `json:"completed"` // all of their requests succeeded
	Failed    uint64 `json:"failed"`    // a request did not succeed, so no later one was sent
}

// add returns the sum; nil is none.
func (c *Chains) add(other *Chains) *Chains {
	if c == nil || other == nil {
		if c == nil {
			return other
		}
		return c
	}
	return &Chains{c.Started + other.Started, c.Completed + other.Completed, c.Failed + other.Failed}
}

func (r *Report) writeChains(w io.Writer) {
	if c := r.Chains; c != nil {
		fmt.Fprintf(w, "chains     %d started = %d completed + %d failed + %d cut short\n", c.Started, c.Completed, c.Failed, c.Started-c.Completed-c.Failed)
	}
	if r.Redirects > 0 {
		fmt.Fprintf(w, "redirects  %d followed\n", r.Redirects)
	}
}
