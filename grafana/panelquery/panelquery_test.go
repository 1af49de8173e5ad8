package panelquery_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"loadlab/grafana/panelquery"
)

const board = `{
  "uid": "b", "title": "B",
  "templating": {"list": [
    {"name": "service", "current": {"value": "gateway"}},
    {"name": "route", "multi": true, "includeAll": true, "allValue": ".+", "current": {"value": ["$__all"]}},
    {"name": "method", "multi": true, "includeAll": true, "current": {"value": ["GET"]}}
  ]},
  "panels": [
    {"id": 1, "title": "text"},
    {"id": 3, "title": "more", "type": "row", "collapsed": true, "panels": [
      {"id": 2, "title": "rate", "targets": [
        {"refId": "A", "expr": "rate(x{job=\"$service\"}[$__rate_interval])", "instant": true},
        {"refId": "B", "expr": "y"}
      ]}
    ]}
  ]
}`

func read(t *testing.T, text string) panelquery.Dashboard {
	t.Helper()
	all, err := panelquery.Read(fstest.MapFS{"b.json": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func TestExpand(t *testing.T) {
	standard := panelquery.Context{Range: 15 * time.Minute, Interval: time.Second, Scrape: 2 * time.Second}
	with := func(change func(*panelquery.Context)) panelquery.Context {
		ctx := standard
		change(&ctx)
		return ctx
	}
	chosen := func(name string, values ...string) panelquery.Context {
		return with(func(ctx *panelquery.Context) { ctx.Values = map[string]panelquery.Values{name: values} })
	}
	for _, row := range []struct {
		name, expr, want string
		ctx              panelquery.Context
	}{
		{"no variable", `up{job=~"a.*"} > 0`, `up{job=~"a.*"} > 0`, standard},
		{"interval is never below the scrape interval", "[$__interval]", "[2s]", standard},
		{"interval in milliseconds", "$__interval_ms", "2000", standard},
		{"rate interval spans four scrapes at least", "[$__rate_interval]", "[8s]", standard},
		{"rate interval grows with the step", "[${__rate_interval}]", "[32s]",
			with(func(ctx *panelquery.Context) { ctx.Interval = 30 * time.Second })},
		{"interval with a fraction", "[$__interval]", "[2500ms]",
			with(func(ctx *panelquery.Context) { ctx.Interval = 2500 * time.Millisecond })},
		{"range", "[$__range] $__range_s $__range_ms", "[900s] 900 900000", standard},
		{"the dashboard's own value", `{job="$service"}`, `{job="gateway"}`, standard},
		{"a chosen value", `{job="$service"}`, `{job="items"}`, chosen("service", "items")},
		{"the three notations", `$service ${service} [[service]]`, `gateway gateway gateway`, standard},
		{"a value with characters of strings", `{job="$service"}`, `{job="a\\b\"c'd"}`, chosen("service", `a\b"c'd`)},
		{"all, by allValue", `{r=~"$route"}`, `{r=~".+"}`, standard},
		{"one of several is escaped for a pattern", `{r=~"$route"}`, `{r=~"/items/\\{id\\}"}`, chosen("route", "/items/{id}")},
		{"two of several", `{r=~"$route"}`, `{r=~"(/a|/b\\.c)"}`, chosen("route", "/a", "/b.c")},
		{"all, by the list", `{m=~"$method"}`, `{m=~"(GET|PUT)"}`, with(func(ctx *panelquery.Context) {
			ctx.Values = map[string]panelquery.Values{"method": {panelquery.All}}
			ctx.Options = map[string]panelquery.Values{"method": {"GET", "PUT"}}
		})},
		{"format raw", `${service:raw}`, `a"b`, chosen("service", `a"b`)},
		{"format regex", `{j=~"[[service:regex]]"}`, `{j=~"a\\.b"}`, chosen("service", "a.b")},
		{"format pipe", `${route:pipe}`, `/a|/b`, chosen("route", "/a", "/b")},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := read(t, board).Expand(row.expr, row.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestExpandNamesEveryProblem(t *testing.T) {
	ctx := panelquery.Context{Values: map[string]panelquery.Values{"method": {panelquery.All}}}
	_, err := read(t, board).Expand("$nobody ${service:csv} $method", ctx)
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"no variable nobody", "format csv", "method has no value"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestQueries(t *testing.T) {
	queries, err := read(t, board).Queries(panelquery.Context{Scrape: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if len(queries) != 2 || queries[0].Panel.ID != 2 || !queries[0].Target.Instant ||
		queries[0].Expr != `rate(x{job="gateway"}[4s])` || queries[1].Expr != "y" {
		t.Errorf("got %+v", queries)
	}
}

func TestQueriesNameThePanel(t *testing.T) {
	_, err := read(t, strings.ReplaceAll(board, `"y"`, `"$y"`)).Queries(panelquery.Context{})
	if err == nil || !strings.Contains(err.Error(), `panel "rate", query B`) {
		t.Errorf("got %v", err)
	}
}

func TestReadNamesTheFile(t *testing.T) {
	for name, text := range map[string]string{"not JSON": "{", "bad value": `{"templating": {"list": [{"current": {"value": 1}}]}}`} {
		t.Run(name, func(t *testing.T) {
			_, err := panelquery.Read(fstest.MapFS{"b.json": {Data: []byte(text)}})
			if err == nil || !strings.Contains(err.Error(), "b.json") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLabelValues(t *testing.T) {
	for _, row := range []struct{ query, selector, label string }{
		{"label_values(job)", "", "job"},
		{`label_values(up{job="a", x=~"b,c"}, instance)`, `up{job="a", x=~"b,c"}`, "instance"},
		{" label_values( up , job ) ", "up", "job"},
	} {
		selector, label, err := panelquery.Variable{Query: row.query}.LabelValues()
		if err != nil || selector != row.selector || label != row.label {
			t.Errorf("%s: %q, %q, %v", row.query, selector, label, err)
		}
	}
	for _, query := range []string{"", "up", "label_values()", "label_values(up, job) or up", "query_result(up)"} {
		if _, _, err := (panelquery.Variable{Name: "v", Query: query}).LabelValues(); err == nil || !strings.Contains(err.Error(), "variable v") {
			t.Errorf("%q: %v", query, err)
		}
	}
}
