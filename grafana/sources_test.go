package grafana_test

import (
	"os"
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
			} `yaml:"exemplarTraceIdDestinations"`
			TracesToMetrics struct {
				DatasourceUID string `yaml:"datasourceUid"`
				Queries       []struct {
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

func TestDataSourcesAreTheProvisionedOnes(t *testing.T) {
	known := map[panelquery.Datasource]bool{}
	for _, source := range sources(t).Datasources {
		known[panelquery.Datasource{Type: source.Type, UID: source.UID}] = true
	}
	for _, board := range dashboards(t) {
		for _, panel := range board.Panels {
			if panel.Type != "text" && !known[panel.Datasource] {
				t.Errorf("%s: %q has the unknown data source %+v", board.UID, panel.Title, panel.Datasource)
			}
			for _, target := range panel.Targets {
				if !known[target.Datasource] {
					t.Errorf("%s: a query of %q has the unknown data source %+v", board.UID, panel.Title, target.Datasource)
				}
			}
		}
		for _, variable := range board.Templating.List {
			if !known[variable.Datasource] {
				t.Errorf("%s: the variable %s has the unknown data source %+v", board.UID, variable.Name, variable.Datasource)
			}
		}
		for _, annotation := range board.Annotations.List {
			if !known[annotation.Datasource] {
				t.Errorf("%s: the annotation %s has the unknown data source %+v", board.UID, annotation.Name, annotation.Datasource)
			}
		}
	}
}

func TestMetricsAndTracesLinkToEachOther(t *testing.T) {
	destinations := map[string]string{}
	for _, source := range sources(t).Datasources {
		for _, exemplar := range source.JSONData.ExemplarTraceIDDestinations {
			destinations[exemplar.Name] = exemplar.DatasourceUID
		}
		if source.Type == "jaeger" && source.JSONData.TracesToMetrics.DatasourceUID != "prometheus" {
			t.Errorf("traces lead to the metrics of %q", source.JSONData.TracesToMetrics.DatasourceUID)
		}
	}
	// trace_id is the label of the exemplars of internal/telemetry.
	if destinations["trace_id"] != "jaeger" {
		t.Errorf("exemplars lead to %v", destinations)
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
