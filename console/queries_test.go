package console_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"loadlab/grafana"
	"loadlab/grafana/panelquery"
)

// answeredQueries is the body of /dashboards/{uid}/queries.
type answeredQueries struct {
	Variables map[string]struct{ Label, Selector, Error string }
	Panels    map[int]map[string]struct{ Expr, Error string }
}

func (l *lab) queries(t *testing.T, uid string, parameters url.Values) (found answeredQueries) {
	t.Helper()
	got := l.get(t, "/dashboards/"+uid+"/queries?"+parameters.Encode())
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if err := json.Unmarshal([]byte(got.body), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestQueriesAreExpanded requires of every dashboard that each target of each
// panel is a query that Prometheus understands.
func TestQueriesAreExpanded(t *testing.T) {
	l := full(t)
	boards, err := panelquery.Read(grafana.Dashboards())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range boards {
		found := l.queries(t, b.UID, url.Values{"range": {"300"}, "interval": {"2"}, "var-service": {"mixed"}})
		for _, panel := range b.Panels {
			for _, target := range panel.Targets {
				one := found.Panels[panel.ID][target.RefID]
				if _, err := parser.NewParser(parser.Options{}).ParseExpr(one.Expr); err != nil || one.Error != "" {
					t.Errorf("%s, %q: %q %s %v", b.UID, panel.Title, one.Expr, one.Error, err)
				}
			}
		}
	}
}

func TestQueriesHaveTheReadersValues(t *testing.T) {
	l := full(t)
	parameters := url.Values{"range": {"300"}, "interval": {"30"}, "var-service": {"items"}, "var-route": {"/items/:id", "/items"}}
	found := l.queries(t, "service", parameters)
	want := map[string]struct{ Label, Selector, Error string }{
		"service":  {Label: "job", Selector: "http_server_active_requests"},
		"instance": {Label: "instance", Selector: `http_server_active_requests{job="items"}`},
		"route":    {Label: "http_route", Selector: `http_server_active_requests{job="items"}`},
	}
	for name, one := range want {
		if found.Variables[name] != one {
			t.Errorf("%s: %+v, want %+v", name, found.Variables[name], one)
		}
	}
	if len(found.Variables) != len(want) {
		t.Errorf("%d variables, want those that Prometheus fills: %v", len(found.Variables), found.Variables)
	}
	all := ""
	for _, panel := range found.Panels {
		for _, target := range panel {
			all += target.Expr + "\n"
		}
	}
	for _, part := range []string{`job="items"`, `http_route=~"(/items/:id|/items)"`, "[32s]"} { // the interval and a scrape
		if !strings.Contains(all, part) {
			t.Errorf("no query has %s:\n%s", part, all)
		}
	}
}

// TestAQueryWithoutAValueSaysSo leaves the other panels what they are.
func TestAQueryWithoutAValueSaysSo(t *testing.T) {
	l := full(t)
	found := l.queries(t, "go-runtime", url.Values{"range": {"300"}, "interval": {"2"}, "var-service": {"$__all"}})
	if one := found.Variables["instance"]; !strings.Contains(one.Error, "service has no value") {
		t.Errorf("instance: %+v", one)
	}
	without := 0
	for id, panel := range found.Panels {
		for ref, target := range panel {
			if (target.Error == "") == (target.Expr == "") {
				t.Errorf("panel %d, %s: %+v", id, ref, target)
			}
			if strings.Contains(target.Error, "service has no value") {
				without++
			}
		}
	}
	if without == 0 {
		t.Error("every query has an expression, though the service has no value")
	}
}

func TestQueriesRefuseWhatIsNoTime(t *testing.T) {
	l := full(t)
	for _, parameters := range []string{"", "range=300", "range=0&interval=2", "range=300&interval=-1", "range=NaN&interval=2", "range=1e12&interval=2", "range=3e2&interval=2", "range=300&interval=0x2p0", "range=5m&interval=2"} {
		if got := l.get(t, "/dashboards/service/queries?"+parameters); got.status != 400 || !strings.Contains(got.body, "want seconds above 0") {
			t.Errorf("%q: %d %s", parameters, got.status, got.body)
		}
	}
	if got := l.get(t, "/dashboards/absent/queries?range=300&interval=2"); got.status != 404 {
		t.Errorf("an unknown dashboard: %d", got.status)
	}
}
