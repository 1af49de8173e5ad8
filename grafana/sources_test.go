package grafana_test

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"loadlab/grafana/panelquery"
)

// provisioned is what the tests need of provisioning/datasources.
type provisioned struct {
	Datasources []struct {
		UID      string `yaml:"uid"`
		Type     string `yaml:"type"`
		JSONData struct {
			TimeInterval                string `yaml:"timeInterval"`
			ExemplarTraceIDDestinations []struct {
				Name          string `yaml:"name"`
				DatasourceUID string `yaml:"datasourceUid"`
				URL           string `yaml:"url"`
			} `yaml:"exemplarTraceIdDestinations"`
			TracesToMetrics struct {
				DatasourceUID string `yaml:"datasourceUid"`
				Tags          []struct {
					Key   string `yaml:"key"`
					Value string `yaml:"value"`
				} `yaml:"tags"`
				Queries []struct {
					Query string `yaml:"query"`
				} `yaml:"queries"`
			} `yaml:"tracesToMetrics"`
		} `yaml:"jsonData"`
	} `yaml:"datasources"`
}

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("parse %s: %v", name, err)
	}
}

func sources(t *testing.T) provisioned {
	t.Helper()
	var all provisioned
	readYAML(t, "provisioning/datasources/datasources.yaml", &all)
	return all
}

// TestPanelsAskTheChosenSource requires every query to go where the variable says,
// which is at first a source that is provisioned.
func TestPanelsAskTheChosenSource(t *testing.T) {
	known := map[string]string{}
	for _, source := range sources(t).Datasources {
		known[source.UID] = source.Type
	}
	chosen := panelquery.Datasource{Type: "prometheus", UID: "${datasource}"}
	for _, board := range dashboards(t) {
		for _, panel := range board.Panels {
			if panel.Type != "text" && panel.Datasource != chosen {
				t.Errorf("%s: %q has the data source %+v", board.UID, panel.Title, panel.Datasource)
			}
			for _, target := range panel.Targets {
				if target.Datasource != chosen {
					t.Errorf("%s: a query of %q has the data source %+v", board.UID, panel.Title, target.Datasource)
				}
			}
		}
		for _, variable := range board.Templating.List {
			switch {
			case variable.Type != panelquery.DatasourceVariable:
				if variable.Datasource != chosen {
					t.Errorf("%s: the variable %s has the data source %+v", board.UID, variable.Name, variable.Datasource)
				}
			case variable.Query != "prometheus" || known[variable.Current.Value[0]] != "prometheus":
				t.Errorf("%s: the source is at first %q of %v", board.UID, variable.Current.Value, known)
			}
		}
		for _, annotation := range board.Annotations.List {
			if annotation.Datasource != chosen {
				t.Errorf("%s: the annotation %s has the data source %+v", board.UID, annotation.Name, annotation.Datasource)
			}
		}
	}
}

// TestSpansLeadToTheirProcess requires the attribute that becomes the label job,
// which the services and the generator give all their spans. Jaeger hands over
// no service.name.
func TestSpansLeadToTheirProcess(t *testing.T) {
	for _, source := range sources(t).Datasources {
		if source.Type != "jaeger" {
			continue
		}
		to := source.JSONData.TracesToMetrics
		if to.DatasourceUID != "prometheus" || len(to.Tags) != 1 || to.Tags[0].Key != "lab.job" || to.Tags[0].Value != "job" {
			t.Errorf("spans lead to %+v", to)
		}
		for _, query := range to.Queries {
			if strings.Count(query.Query, "{$$__tags}") != strings.Count(query.Query, "{") {
				t.Errorf("%s asks all processes", query.Query)
			}
		}
	}
}

func TestTheRateIntervalFollowsTheScrapeInterval(t *testing.T) {
	var prometheus struct {
		Global struct {
			ScrapeInterval string `yaml:"scrape_interval"`
		} `yaml:"global"`
	}
	readYAML(t, "../prometheus.yml", &prometheus)
	for _, source := range sources(t).Datasources {
		if source.Type == "prometheus" && source.JSONData.TimeInterval != prometheus.Global.ScrapeInterval {
			t.Errorf("timeInterval is %q, prometheus.yml scrapes every %q", source.JSONData.TimeInterval, prometheus.Global.ScrapeInterval)
		}
	}
}
