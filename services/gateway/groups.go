package gateway

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"loadlab/internal/decimal"
	"loadlab/internal/env"
)

// group is the routes under one prefix, which one service answers.
type group struct {
	prefix      string // first segment of the path
	service     string
	base        env.BaseURL
	budget      time.Duration
	concurrency int
}

func groups(cfg Config) []group {
	return []group{
		{"/io", "iobound", cfg.Upstreams.IOURL, cfg.Budgets.IOBudget, cfg.Limits.IOConcurrency},
		{"/cpu", "cpubound", cfg.Upstreams.CPUURL, cfg.Budgets.CPUBudget, cfg.Limits.CPUConcurrency},
		{"/mixed", "mixed", cfg.Upstreams.MixedURL, cfg.Budgets.MixedBudget, cfg.Limits.MixedConcurrency},
		{"/items", "items", cfg.Upstreams.ItemsURL, cfg.Budgets.ItemsBudget, cfg.Limits.ItemsConcurrency},
	}
}

// has reports whether path is one of the group's.
func (g group) has(path string) bool {
	return path == g.prefix || strings.HasPrefix(path, g.prefix+"/")
}

// routeBudgets are the time budgets of single routes, by the path as the
// OpenAPI document writes it.
type routeBudgets map[string]time.Duration

// UnmarshalText reads entries such as /io/disk=5s, separated by semicolons.
func (b *routeBudgets) UnmarshalText(text []byte) error {
	*b = routeBudgets{}
	var errs []error
	for entry := range strings.SplitSeq(string(text), ";") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		path, value, _ := strings.Cut(entry, "=")
		d, err := decimal.Duration(value)
		if err != nil || d < time.Millisecond || d > maxRouteBudget {
			errs = append(errs, fmt.Errorf("%q is not of the form /io/disk=5s with a duration from 1ms to %s", entry, maxRouteBudget))
			continue
		}
		(*b)[path] = d
	}
	return errors.Join(errs...)
}

const maxRouteBudget = 10 * time.Minute
