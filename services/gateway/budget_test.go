package gateway

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryBudget(t *testing.T) {
	for _, row := range []struct {
		name     string
		cfg      retryConfig
		requests int           // made first
		pause    time.Duration // after them
		want     int           // retries allowed then
	}{
		{"begins full", retryConfig{BudgetRatio: 0.1, PerSecond: 1, Burst: 10}, 0, 0, 10},
		{"holds no more than its burst", retryConfig{BudgetRatio: 0.5, PerSecond: 1, Burst: 10}, 1000, time.Hour, 10},
		{"one at least", retryConfig{Burst: 1}, 0, time.Hour, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newRetryBudget(row.cfg)
				for range row.requests {
					b.deposit()
				}
				time.Sleep(row.pause)
				if got := spend(b); got != row.want {
					t.Errorf("%d retries allowed, want %d", got, row.want)
				}
			})
		})
	}
}

func TestRetryBudgetFills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRetryBudget(retryConfig{BudgetRatio: 0.25, PerSecond: 2, Burst: 10})
		spend(b)
		for range 16 {
			b.deposit()
		}
		if got := spend(b); got != 4 {
			t.Errorf("16 requests allow %d retries, want 4", got)
		}
		time.Sleep(3 * time.Second)
		if got := spend(b); got != 6 {
			t.Errorf("3 s allow %d retries, want 6", got)
		}
	})
}

// spend takes all that the budget has at this moment.
func spend(b *retryBudget) int {
	n := 0
	for b.withdraw() {
		n++
	}
	return n
}

func TestPausesGrowAndStayBelowTheirBound(t *testing.T) {
	p := retrier{cfg: retryConfig{Backoff: 10 * time.Millisecond}}
	for n, bound := range map[int]time.Duration{1: 10, 2: 20, 3: 40, 10: 5120} {
		longest := time.Duration(0)
		for range 1000 {
			longest = max(longest, p.pause(n))
		}
		bound *= time.Millisecond
		if longest >= bound || longest < bound/2 {
			t.Errorf("the longest of 1000 pauses before retry %d is %v, want just below %v", n, longest, bound)
		}
	}
}
