package gateway

import (
	"fmt"
	"time"

	"loadlab/internal/env"
)

// Config is the service's configuration, read from the environment. No two fields of
// its parts share a name, by which a variable with a bad value is found.
type Config struct {
	Upstreams upstreamsConfig
	Budgets   budgetsConfig
	Limits    limitsConfig
	Retry     retryConfig
	Breaker   breakerConfig
}

// upstreamsConfig fixes where requests go: nothing in a request changes it.
type upstreamsConfig struct {
	IOURL    env.BaseURL `env:"IOBOUND_URL" envDefault:"http://127.0.0.1:8081" help:"base URL of the service behind /io"`
	CPUURL   env.BaseURL `env:"CPUBOUND_URL" envDefault:"http://127.0.0.1:8082" help:"base URL of the service behind /cpu"`
	MixedURL env.BaseURL `env:"MIXED_URL" envDefault:"http://127.0.0.1:8083" help:"base URL of the service behind /mixed"`
	ItemsURL env.BaseURL `env:"ITEMS_URL" envDefault:"http://127.0.0.1:8084" help:"base URL of the service behind /items"`
}

// budgetsConfig bounds how long a request may take, retries included.
type budgetsConfig struct {
	IOBudget    time.Duration `env:"IO_TIMEOUT" envDefault:"65s" min:"1ms" max:"10m" help:"time budget of a request of /io, passed on to the service"`
	CPUBudget   time.Duration `env:"CPU_TIMEOUT" envDefault:"30s" min:"1ms" max:"10m" help:"time budget of a request of /cpu, passed on to the service"`
	MixedBudget time.Duration `env:"MIXED_TIMEOUT" envDefault:"65s" min:"1ms" max:"10m" help:"time budget of a request of /mixed, passed on to the service"`
	ItemsBudget time.Duration `env:"ITEMS_TIMEOUT" envDefault:"10s" min:"1ms" max:"10m" help:"time budget of a request of /items, passed on to the service"`
	Routes      routeBudgets  `env:"ROUTE_TIMEOUTS" help:"time budgets of single routes, as in /io/disk=5s, separated by semicolons"`
}

// limitsConfig keeps one slow service from taking the whole gateway, which
// serves MAX_CONCURRENCY requests in all.
type limitsConfig struct {
	IOConcurrency    int   `env:"IO_CONCURRENCY" envDefault:"512" min:"1" max:"100000" unit:"requests" help:"requests of /io in progress at once; further ones are answered 503"`
	CPUConcurrency   int   `env:"CPU_CONCURRENCY" envDefault:"512" min:"1" max:"100000" unit:"requests" help:"requests of /cpu in progress at once; further ones are answered 503"`
	MixedConcurrency int   `env:"MIXED_CONCURRENCY" envDefault:"512" min:"1" max:"100000" unit:"requests" help:"requests of /mixed in progress at once; further ones are answered 503"`
	ItemsConcurrency int   `env:"ITEMS_CONCURRENCY" envDefault:"512" min:"1" max:"100000" unit:"requests" help:"requests of /items in progress at once; further ones are answered 503"`
	MaxReply         int64 `env:"MAX_REPLY_BYTES" envDefault:"1048576" min:"1024" max:"16777216" unit:"bytes" help:"largest reply of a service that is passed on; a larger one is answered 502"`
}

type retryConfig struct {
	Max            int           `env:"RETRY_MAX" envDefault:"1" min:"0" max:"10" unit:"retries" help:"maximum number of retries per request; 0 disables retries"`
	Statuses       []int         `env:"RETRY_STATUSES" envDefault:"502,503" help:"statuses that are retried when the reply has no Retry-After, separated by commas"`
	Backoff        time.Duration `env:"RETRY_BACKOFF" envDefault:"10ms" min:"0s" max:"10s" help:"longest pause before the first retry; the pause is random and its bound doubles with each"`
	AttemptTimeout time.Duration `env:"RETRY_ATTEMPT_TIMEOUT" envDefault:"0s" min:"0s" max:"10m" help:"time limit of one attempt, after which it may be retried; 0s gives it the whole budget"`
	Budgeted       bool          `env:"RETRY_BUDGET_ENABLED" envDefault:"true" help:"whether retries are bounded in relation to requests"`
	BudgetRatio    float64       `env:"RETRY_BUDGET_RATIO" envDefault:"0.1" min:"0" max:"1" help:"retries that each request adds to the budget of its service"`
	PerSecond      float64       `env:"RETRY_BUDGET_PER_SECOND" envDefault:"1" min:"0" max:"1000" help:"retries that each second adds to the budget of a service"`
	Burst          int           `env:"RETRY_BUDGET_BURST" envDefault:"10" min:"1" max:"10000" unit:"retries" help:"maximum retries that the budget of a service can hold"`
}

type breakerConfig struct {
	Enabled      bool          `env:"BREAKER_ENABLED" envDefault:"true" help:"whether the circuit breaker stops requests to a failing service for a while"`
	Window       time.Duration `env:"BREAKER_WINDOW" envDefault:"10s" min:"10ms" max:"10m" help:"time over which failures are counted"`
	MinRequests  uint32        `env:"BREAKER_MIN_REQUESTS" envDefault:"20" min:"1" max:"1000000" unit:"requests" help:"minimum number of requests in the window before the breaker can open"`
	FailureRatio float64       `env:"BREAKER_FAILURE_RATIO" envDefault:"0.5" min:"0.01" max:"1" help:"share of failures at which the breaker opens"`
	Open         time.Duration `env:"BREAKER_OPEN" envDefault:"5s" min:"10ms" max:"10m" help:"how long an open breaker refuses requests before it tries some"`
	Probes       uint32        `env:"BREAKER_PROBES" envDefault:"3" min:"1" max:"1000" unit:"requests" help:"requests that a half-open breaker lets through; all must succeed to close it"`
}

// Validate checks what the tags cannot.
func (c *Config) Validate() []env.Problem {
	var problems []env.Problem
	for _, status := range c.Retry.Statuses {
		if status < 500 || status > 599 {
			problems = append(problems, env.Problem{Variable: "RETRY_STATUSES", Value: fmt.Sprint(status),
				Reason: "only failures of a service can be retried (allowed: 500 to 599)"})
		}
	}
	return problems
}
