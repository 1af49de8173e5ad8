package grafana_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"loadlab/grafana/panelquery"
)

func TestDashboardsLinkToEachOther(t *testing.T) {
	for _, b := range boards(t) {
		if len(b.Links) != 1 {
			t.Errorf("%s: has %d links, want one", b.UID, len(b.Links))
			continue
		}
		one := b.Links[0]
		if one.Type != "dashboards" || !slices.Equal(one.Tags, []string{"loadlab"}) || !one.AsDropdown || !one.IncludeVars || !one.KeepTime {
			t.Errorf("%s: its link must be one list of all dashboards that keeps time and variables: %+v", b.UID, one)
		}
	}
}

var markdownLink = regexp.MustCompile(`\]\(([^)]+)\)`)

// TestLinksResolve expands each link of a panel or a text and finds the
// dashboard and the variables that it names.
func TestLinksResolve(t *testing.T) {
	all := map[string]board{}
	for _, b := range boards(t) {
		all[b.UID] = b
	}
	found := 0
	for _, b := range all {
		for _, p := range b.shown() {
			var urls []string
			for _, one := range p.Links {
				urls = append(urls, one.URL)
				if !strings.Contains(one.URL, "${__url_time_range}") || !strings.Contains(one.URL, "${datasource:queryparam}") {
					t.Errorf("%s: %s: the link %s loses the time or the source", b.UID, p.Title, one.URL)
				}
			}
			for _, one := range markdownLink.FindAllStringSubmatch(p.Options.Content, -1) {
				urls = append(urls, one[1])
			}
			for _, one := range urls {
				found++
				checkLink(t, all, b.UID+": "+p.Title, one)
			}
		}
	}
	if found < 4 {
		t.Errorf("%d links; the two sides of IO vs CPU lead to their services, in a panel and in the text", found)
	}
}

func checkLink(t *testing.T, all map[string]board, place, address string) {
	t.Helper()
	expanded := strings.NewReplacer("${__url_time_range}", "from=now-5m&to=now", "${datasource:queryparam}", "var-datasource=prometheus").Replace(address)
	parsed, err := url.Parse(expanded)
	if err != nil || strings.Contains(expanded, "$") {
		t.Errorf("%s: %s: %v", place, expanded, err)
		return
	}
	target, ok := all[strings.TrimPrefix(parsed.Path, "/d/")]
	if !ok {
		t.Errorf("%s: no dashboard is at %s", place, parsed.Path)
		return
	}
	for name := range parsed.Query() {
		variable, ok := strings.CutPrefix(name, "var-")
		if ok && !slices.ContainsFunc(target.Templating.List, func(v panelquery.Variable) bool { return v.Name == variable }) {
			t.Errorf("%s: %s has no variable %s", place, target.UID, variable)
		}
	}
}

func TestEveryVariableIsUsed(t *testing.T) {
	for _, b := range boards(t) {
		sources := 0
		for _, variable := range b.Templating.List {
			if variable.Type == panelquery.DatasourceVariable {
				sources++
			}
			if !strings.Contains(b.text, "$"+variable.Name) && !strings.Contains(b.text, "${"+variable.Name) {
				t.Errorf("%s: nothing uses the variable %s", b.UID, variable.Name)
			}
		}
		if sources != 1 {
			t.Errorf("%s: has %d variables of data sources, want one", b.UID, sources)
		}
		if names := variableNames(b); (b.UID == "service" || b.UID == "go-runtime") && !slices.Contains(names, "instance") {
			t.Errorf("%s: has the variables %v and none for the instance", b.UID, names)
		}
	}
}

func variableNames(b board) (names []string) {
	for _, variable := range b.Templating.List {
		names = append(names, variable.Name)
	}
	return names
}

// TestExemplarsLeadToTraces requires links by URL: for a datasourceUid Grafana's
// Prometheus source makes a query of Tempo's kind, which a Jaeger source
// answers with nothing.
func TestExemplarsLeadToTraces(t *testing.T) {
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	var leads []string
	for _, source := range sources(t).Datasources {
		for _, destination := range source.JSONData.ExemplarTraceIDDestinations {
			if destination.DatasourceUID != "" {
				t.Errorf("exemplars lead to the source %s", destination.DatasourceUID)
			}
			if destination.Name != "trace_id" { // the label of internal/telemetry
				t.Errorf("exemplars have no label %s", destination.Name)
			}
			leads = append(leads, strings.NewReplacer("$JAEGER_LINK", "http://jaeger", "$${__value.raw}", id).Replace(destination.URL))
		}
	}
	if len(leads) != 2 || leads[0] != "http://jaeger/trace/"+id {
		t.Fatalf("exemplars lead to %q; the first must be Jaeger's own page, which needs no permission", leads)
	}
	explore, err := url.Parse(leads[1])
	if err != nil || explore.Path != "/explore" || explore.Query().Get("schemaVersion") != "1" {
		t.Fatalf("%s: %v", leads[1], err)
	}
	var panes map[string]struct {
		Datasource string `json:"datasource"`
		Queries    []struct {
			Query     string `json:"query"`
			QueryType string `json:"queryType"`
		} `json:"queries"`
	}
	if err := json.Unmarshal([]byte(explore.Query().Get("panes")), &panes); err != nil {
		t.Fatal(err)
	}
	pane := panes["trace"]
	// Without a type the Jaeger source takes the query for a trace's id.
	if pane.Datasource != "jaeger" || len(pane.Queries) != 1 || pane.Queries[0].Query != id || pane.Queries[0].QueryType != "" {
		t.Errorf("Explore opens with %+v", panes)
	}
}

// TestExemplarsAreOnLinesOnly keeps them off heat maps, where Grafana draws
// them as filled cells that cover the band.
func TestExemplarsAreOnLinesOnly(t *testing.T) {
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			with := slices.ContainsFunc(p.Targets, func(target panelquery.Target) bool { return target.Exemplar })
			if with && p.Type != "timeseries" || p.Options.Exemplars != nil {
				t.Errorf("%s: %s: a %s has exemplars", b.UID, p.Title, p.Type)
			}
		}
	}
}
