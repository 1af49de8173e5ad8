// Package gateway is the front door of the lab: it forwards each group of routes to its service.
package gateway

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/internal/env"
	"loadlab/internal/outbound"
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
	"loadlab/internal/web/openapi"
)

// New wires the service; transport sends the requests to the services. A route
// of the variable ROUTE_TIMEOUTS that does not exist is an *env.Error.
func New(webCfg web.Config, cfg Config, tel *telemetry.Telemetry, transport *outbound.Transport) (*web.Server, error) {
	doc, err := openapi.Read()
	if err != nil {
		return nil, err
	}
	if err := checkRouteBudgets(cfg.Budgets.Routes, doc); err != nil {
		return nil, err
	}
	upstreams, err := newUpstreams(cfg, tel, transport)
	if err != nil {
		return nil, err
	}
	server := web.New(webCfg, tel)
	routes(server, doc, upstreams, cfg.Budgets.Routes)
	return server, nil
}

func newUpstreams(cfg Config, tel *telemetry.Telemetry, transport *outbound.Transport) ([]*upstream, error) {
	retries := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "lab_retries_total", Help: "Retries of requests to upstreams, and those that the retry budget denied.",
	}, []string{"http_route", "result"})
	var upstreams []*upstream
	for _, g := range groups(cfg) {
		base, err := env.ParseBaseURL(string(g.base))
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", g.service, err)
		}
		u := &upstream{
			group: g, transport: transport.To(g.service), maxReply: cfg.Limits.MaxReply,
			breaker: newBreaker(cfg.Breaker, g.service, tel.Log), pause: cfg.Breaker.Open,
			retrier: &retrier{cfg: cfg.Retry, budget: newRetryBudget(cfg.Retry), retries: retries},
		}
		u.proxy = newProxy(base, u, tel.Log)
		upstreams = append(upstreams, u)
	}
	tel.Registry.MustRegister(retries, newBreakerStates(upstreams))
	return upstreams, nil
}

// checkRouteBudgets refuses budgets of routes that the document does not have.
func checkRouteBudgets(budgets routeBudgets, doc *openapi.Document) error {
	var known []string
	for _, r := range doc.Routes {
		known = append(known, r.Path)
	}
	var problems []env.Problem
	for path := range budgets {
		if !slices.Contains(known, path) {
			problems = append(problems, env.Problem{Variable: "ROUTE_TIMEOUTS", Value: path,
				Reason: "no such route (allowed: " + strings.Join(known, ", ") + ")"})
		}
	}
	if len(problems) > 0 {
		return &env.Error{Problems: problems}
	}
	return nil
}
