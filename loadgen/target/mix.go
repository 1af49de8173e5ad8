package target

// Mix says which target the n-th request goes to.
type Mix struct {
	order []int
}

// NewMix spreads the targets evenly by weight: it is the smooth weighted
// round-robin of nginx, so that three to one is AABA and not AAAB.
func NewMix(weights []int) Mix {
	divisor := 0
	for _, w := range weights {
		divisor = gcd(divisor, w)
	}
	total := 0
	for _, w := range weights {
		total += w / max(1, divisor)
	}
	current := make([]int, len(weights))
	order := make([]int, total)
	for n := range order {
		best := 0
		for i, w := range weights {
			current[i] += w / divisor
			if current[i] > current[best] {
				best = i
			}
		}
		current[best] -= total
		order[n] = best
	}
	return Mix{order: order}
}

// Len is after how many requests the order repeats.
func (m Mix) Len() uint64 { return uint64(len(m.order)) }

// Pick returns the index of the target that request n goes to, and -1 if the mix is empty.
func (m Mix) Pick(n uint64) int {
	if len(m.order) == 0 {
		return -1
	}
	return m.order[n%uint64(len(m.order))]
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
