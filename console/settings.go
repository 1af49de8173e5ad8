package console

import (
	"net/http"
	"slices"
	"strings"

	"loadlab/grafana"
	"loadlab/internal/httpjson"
)

// settings are the body of /config.json.
type settings struct {
	Version       string   `json:"version"`
	Mode          string   `json:"mode"`
	Token         string   `json:"token"` // for changes; empty under a name that no guard knows as the page's own
	Services      []string `json:"services"`
	Jaeger        string   `json:"jaeger"`
	Grafana       string   `json:"grafana"`
	Home          string   `json:"home"`
	Dashboards    []board  `json:"dashboards"`
	ScrapeSeconds float64  `json:"scrape_seconds"`
}

// settings answers with the page's configuration, and with the token and the
// cookie that a change needs. The dashboards of runtimes are listed while those servers run.
func (c *console) settings(cfg Config, boards, runtimes []board) http.HandlerFunc {
	s := settings{
		Version: cfg.Version, Mode: cfg.Mode, Services: []string{}, Jaeger: cfg.Jaeger, Grafana: cfg.Grafana,
		Home: strings.TrimSuffix(grafana.Home, ".json"), Dashboards: boards, ScrapeSeconds: cfg.Scrape.Seconds(),
	}
	for _, f := range cfg.Faults {
		s.Services = append(s.Services, f.Service)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		answer := s
		if cfg.Runtimes(r.Context()) {
			answer.Dashboards = slices.Concat(boards, runtimes)
		}
		if cfg.Guard.Own(r.Host) {
			answer.Token = c.tokens.token
			http.SetCookie(w, c.tokens.cookie(r.Host))
		}
		httpjson.Reply(w, http.StatusOK, answer)
	}
}
