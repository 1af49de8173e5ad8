package loadgen

import (
	"slices"

	"loadlab/loadgen/report"
	"loadlab/loadgen/route"
	"loadlab/loadgen/send"
	"loadlab/loadgen/target"
)

// needsStd returns why requests to t are sent by net/http; they are not if there is no reason.
func (c *Config) needsStd(t *target.Target) []string {
	var why []string
	for _, reason := range []struct {
		text  string
		holds bool
	}{
		{"chosen", c.Std},
		{"https", t.Scheme() == "https"},
		{"HTTP/2", c.Route.HTTP == route.HTTP2},
		{"checks", len(t.Checks) > 0},
		{"extraction", len(t.Extract) > 0},
		{"cookies", c.Cookies},
		{"redirects", c.Redirects > 0},
		{"Unix socket", c.Route.Socket != ""},
	} {
		if reason.holds {
			why = append(why, reason.text)
		}
	}
	return why
}

// clients says which client has sent to which of the targets, and why.
func (e *Engine) clients() []report.Client {
	var all []report.Client
	for _, endpoint := range e.endpoints {
		c := e.clientOf(endpoint)
		at := slices.IndexFunc(all, func(known report.Client) bool { return known.Is(&c) })
		if at < 0 {
			all = append(all, c)
			continue
		}
		all[at].Targets = append(all[at].Targets, c.Targets...)
	}
	return all
}

func (e *Engine) clientOf(endpoint *send.Endpoint) report.Client {
	if endpoint.Std {
		return report.Client{Name: report.StdClient, Why: e.cfg.needsStd(&endpoint.Target), Targets: []string{endpoint.Name}}
	}
	return report.Client{Name: report.LeanClient, Targets: []string{endpoint.Name}}
}
