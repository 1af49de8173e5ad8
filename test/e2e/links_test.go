package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"loadlab/test/observe"
)

// linking is what the data sources of Grafana say of links.
type linking struct {
	Datasources []struct {
		Type     string `yaml:"type"`
		JSONData struct {
			Exemplars []struct {
				URL string `yaml:"url"`
			} `yaml:"exemplarTraceIdDestinations"`
			Metrics struct {
				Tags []struct {
					Key   string `yaml:"key"`
					Value string `yaml:"value"`
				} `yaml:"tags"`
				Queries []struct {
					Name  string `yaml:"name"`
					Query string `yaml:"query"`
				} `yaml:"queries"`
			} `yaml:"tracesToMetrics"`
		} `yaml:"jsonData"`
	} `yaml:"datasources"`
}

func links(t *testing.T) linking {
	t.Helper()
	text, err := os.ReadFile("../../grafana/provisioning/datasources/datasources.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all linking
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// traceOfTheTour is the id of a stored trace that the generator began.
func traceOfTheTour(t *testing.T, j observe.Jaeger) (id string) {
	t.Helper()
	eventually(t, settleTime, func(ctx context.Context) error {
		spans, err := j.Find(ctx, "loadgen", "", time.Now().Add(-5*time.Minute), 1)
		if err == nil {
			id = spans[0].TraceID
		}
		return err
	})
	return id
}

// Each link from a span to metrics, with the labels that Grafana makes of the
// span's tags, has an answer, and that of the span's own process only.
func TestSpansLeadToTheMetricsOfTheirProcess(t *testing.T) {
	p, j := prometheus(t), jaeger(t)
	for _, source := range links(t).Datasources {
		if source.Type != "jaeger" {
			continue
		}
		to := source.JSONData.Metrics
		for _, query := range to.Queries {
			t.Run(query.Name, func(t *testing.T) {
				id, base := traceOfTheTour(t, j), gateway(t)
				traced(t, http.MethodGet, base+"/mixed/sequence?io_ms=5&cpu_ms=2", "", http.StatusOK)
				seen := map[string]bool{}
				eventually(t, tourTime, func(ctx context.Context) error {
					spans, err := j.OlderTrace(ctx, id)
					if err != nil {
						return err
					}
					for _, span := range spans {
						var tags []string
						for _, tag := range span.Tags {
							for _, wanted := range to.Tags {
								if wanted.Key == tag[0] {
									tags = append(tags, fmt.Sprintf("%s=%q", wanted.Value, tag[1]))
								}
							}
						}
						if want := fmt.Sprintf("job=%q", span.Service); strings.Join(tags, ", ") != want {
							return fmt.Errorf("span %q of %s asks for {%s}, want {%s}", span.Name, span.Service, strings.Join(tags, ", "), want)
						}
						expr := strings.NewReplacer("$$__tags", strings.Join(tags, ", "), "$$__rate_interval", "1m").Replace(query.Query)
						found, err := p.Query(ctx, expr)
						if err != nil {
							return err
						}
						if len(found) == 0 {
							return fmt.Errorf("no data: %s", expr)
						}
						seen[span.Service] = true
					}
					return nil
				})
				if !seen["loadgen"] || !seen["gateway"] {
					t.Errorf("looked at the spans of %v", seen)
				}
			})
		}
	}
}

// The links of an exemplar lead to a trace that Grafana's Jaeger source, and
// Jaeger's own page, can ask for.
func TestExemplarsLinksHaveATrace(t *testing.T) {
	j := jaeger(t)
	id := traceOfTheTour(t, j)
	for _, source := range links(t).Datasources {
		for _, destination := range source.JSONData.Exemplars {
			address := strings.NewReplacer("$JAEGER_LINK", string(j), "$${__value.raw}", id).Replace(destination.URL)
			parsed, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			asked := strings.TrimPrefix(parsed.Path, "/trace/")
			if panes := parsed.Query().Get("panes"); panes != "" {
				var all map[string]struct {
					Queries []struct {
						Query string `json:"query"`
					} `json:"queries"`
				}
				if err := json.Unmarshal([]byte(panes), &all); err != nil {
					t.Fatal(err)
				}
				asked = all["trace"].Queries[0].Query
			}
			spans, err := j.OlderTrace(t.Context(), asked)
			if err != nil || len(spans) < 3 {
				t.Errorf("%s: %d spans, %v", address, len(spans), err)
			}
		}
	}
}
