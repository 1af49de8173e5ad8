package grafana_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"loadlab/grafana/panelquery"
)

// query is an expression and its place.
type query struct{ place, expr string }

// labelValues is the one kind of query that our variables use.
var labelValues = regexp.MustCompile(`^label_values\((.+), \w+\)$`)

// queries returns every expression of a dashboard as Grafana would send it.
func queries(t *testing.T, board panelquery.Dashboard) []query {
	t.Helper()
	panels, err := board.Queries(asInGrafana)
	if err != nil {
		t.Fatal(err)
	}
	var all []query
	for _, q := range panels {
		all = append(all, query{board.UID + ": " + q.Panel.Title + ": " + q.Target.RefID, q.Expr})
	}
	for _, annotation := range board.Annotations.List {
		all = append(all, query{board.UID + ": annotation " + annotation.Name, annotation.Expr})
	}
	for _, variable := range board.Templating.List {
		if variable.Type == panelquery.DatasourceVariable {
			continue
		}
		selector := labelValues.FindStringSubmatch(variable.Query)
		if selector == nil {
			t.Errorf("%s: the variable %s is not label_values(selector, label)", board.UID, variable.Name)
			continue
		}
		expr, err := board.Expand(selector[1], asInGrafana)
		if err != nil {
			t.Errorf("%s: variable %s: %v", board.UID, variable.Name, err)
		}
		all = append(all, query{board.UID + ": variable " + variable.Name, expr})
	}
	return all
}

// metricNames returns the names of the metrics that expr selects; a pattern of
// names is returned with a * for its variable end.
func metricNames(t *testing.T, q query) []string {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(q.expr)
	if err != nil {
		t.Errorf("%s: %v\n\t%s", q.place, err, q.expr)
		return nil
	}
	var names []string
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			for _, matcher := range selector.LabelMatchers {
				if matcher.Name == model.MetricNameLabel {
					names = append(names, strings.TrimSuffix(matcher.Value, ".+")+strings.Repeat("*", strings.Count(matcher.Value, ".+")))
				}
			}
		}
		return nil
	})
	return names
}

var row = regexp.MustCompile("(?m)^\\| `([a-zA-Z_:0-9*]+)` \\|")

// documented returns the metrics in the tables of docs/metrics.md.
func documented(t *testing.T) map[string]bool {
	t.Helper()
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, found := range row.FindAllStringSubmatch(string(page), -1) {
		names[found[1]] = true
	}
	return names
}

// TestQueriesAndDocumentedMetricsAgree parses every query of every dashboard,
// looks each metric up in docs/metrics.md, and finds each metric of ours that
// is documented in some dashboard.
func TestQueriesAndDocumentedMetricsAgree(t *testing.T) {
	known, used := documented(t), map[string]bool{}
	for _, board := range dashboards(t) {
		for _, q := range queries(t, board) {
			for _, name := range metricNames(t, q) {
				if name = family(name, known); !known[name] {
					t.Errorf("%s: docs/metrics.md does not know %s", q.place, name)
				}
				used[name] = true
			}
		}
	}
	for name := range known {
		ours := strings.HasPrefix(name, "lab_") || strings.HasPrefix(name, "loadgen_")
		if ours && !used[name] {
			t.Errorf("%s is documented, but no dashboard shows it", name)
		}
	}
}

// family strips what the classic form of a histogram adds to the metric's name.
func family(name string, known map[string]bool) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && known[base] {
			return base
		}
	}
	return name
}

// TestDocumentedExamplesParse holds the example queries of docs/metrics.md to
// the language and to the metric that they belong to.
func TestDocumentedExamplesParse(t *testing.T) {
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("`([^`]+)`\\s*\\|$")
	known := documented(t)
	for line := range strings.Lines(string(page)) {
		name := row.FindStringSubmatch(line)
		if name == nil {
			continue
		}
		example := code.FindStringSubmatch(strings.TrimSpace(line))
		if example == nil {
			t.Errorf("%s has no example", name[1])
			continue
		}
		found := false
		for _, selected := range metricNames(t, query{name[1], example[1]}) {
			found = found || family(selected, known) == name[1]
		}
		if !found {
			t.Errorf("the example of %s does not select it", name[1])
		}
	}
}

// TestSLOQueriesNameRecordingRules finds each recorded series that a dashboard
// reads among the rules that record it.
func TestSLOQueriesNameRecordingRules(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Record string `yaml:"record"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	readYAML(t, "../deploy/prometheus/slo.rules.yml", &rules)
	recorded := map[string]bool{}
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			recorded[rule.Record] = true
		}
	}
	for _, board := range dashboards(t) {
		for _, q := range queries(t, board) {
			for _, name := range metricNames(t, q) {
				if strings.Contains(name, ":") && !recorded[name] {
					t.Errorf("%s: no rule records %s", q.place, name)
				}
			}
		}
	}
}
