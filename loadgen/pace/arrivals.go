package pace

import (
	"math"
	"math/rand/v2"
	"time"
)

// Process says how arrivals are spaced around the wanted rate.
type Process string

// The two arrival processes.
const (
	Even    Process = "constant" // evenly
	Poisson Process = "poisson"  // independently of each other
)

// Arrivals yields the due times of one share of a profile's requests, in order.
// All shares together yield each request once, whatever their number.
type Arrivals struct {
	profile Profile
	random  *rand.Rand // nil for even spacing
	reached float64    // in requests
	next    uint64     // number of the request that reached belongs to
	share   uint64
	shares  uint64
}

// Order says which arrivals to make of a profile.
type Order struct {
	Process Process
	Seed    uint64  // the same seed gives the same Poisson arrivals
	Skip    float64 // requests at the begin of the profile that are left out
	Share   int     // of the requests n those with n % Shares == Share
	Shares  int
}

// NewArrivals returns arrivals of profile.
func NewArrivals(profile Profile, order Order) *Arrivals {
	a := &Arrivals{profile: profile, share: uint64(order.Share), shares: uint64(order.Shares)}
	a.reached = math.Ceil(order.Skip)
	if order.Process == Poisson {
		a.random = rand.New(rand.NewPCG(order.Seed, 0x9e3779b97f4a7c15))
		a.reached = order.Skip + a.random.ExpFloat64()
	}
	return a
}

// Next returns the number of the share's next request with the time after the
// start at which it is due. It is false when the profile has ended.
func (a *Arrivals) Next() (n uint64, due time.Duration, ok bool) {
	for a.next%a.shares != a.share {
		a.step()
	}
	due, ok = a.profile.Due(a.reached)
	n = a.next
	a.step()
	return n, due, ok
}

func (a *Arrivals) step() {
	a.next++
	if a.random == nil {
		a.reached++ // exact: far below 2^53
		return
	}
	a.reached += a.random.ExpFloat64()
}
