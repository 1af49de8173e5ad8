package gateway

import (
	"sync"
	"time"
)

// retryBudget bounds retries in relation to requests, so that a service in
// trouble gets little more load than its clients send: a token bucket into
// which each request puts ratio tokens and each second perSecond, and out of
// which each retry takes one. Over any time t with n requests there are at
// most burst + ratio*n + perSecond*t retries. The idea is that of Finagle's
// RetryBudget (https://twitter.github.io/finagle/guide/Clients.html#retries).
type retryBudget struct {
	ratio, perSecond, burst float64

	mu     sync.Mutex
	tokens float64
	filled time.Time // when perSecond was added last
}

func newRetryBudget(cfg retryConfig) *retryBudget {
	burst := float64(cfg.Burst)
	return &retryBudget{ratio: cfg.BudgetRatio, perSecond: cfg.PerSecond, burst: burst, tokens: burst, filled: time.Now()}
}

// deposit is called once a request.
func (b *retryBudget) deposit() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.burst, b.tokens+b.ratio)
}

// withdraw is called before each retry, and returns whether there is budget for it.
func (b *retryBudget) withdraw() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.tokens = min(b.burst, b.tokens+b.perSecond*now.Sub(b.filled).Seconds())
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
