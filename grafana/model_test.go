package grafana_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"loadlab/grafana"
	"loadlab/grafana/panelquery"
)

// board is a dashboard with all that decides how Grafana draws it.
type board struct {
	UID   string `json:"uid"`
	Title string `json:"title"`
	Time  struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"time"`
	Links       []link `json:"links"`
	Annotations struct {
		List []struct {
			Name      string `json:"name"`
			Enable    bool   `json:"enable"`
			IconColor string `json:"iconColor"`
			Expr      string `json:"expr"`
		} `json:"list"`
	} `json:"annotations"`
	Templating struct {
		List []panelquery.Variable `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`

	text string // the file
}

type link struct {
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	URL         string   `json:"url"`
	Tags        []string `json:"tags"`
	AsDropdown  bool     `json:"asDropdown"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
}

type panel struct {
	panelquery.Panel
	Collapsed   bool    `json:"collapsed"`
	Panels      []panel `json:"panels"`
	Links       []link  `json:"links"`
	FieldConfig struct {
		Defaults  map[string]any `json:"defaults"`
		Overrides []struct {
			Matcher struct {
				ID      string `json:"id"`
				Options string `json:"options"`
			} `json:"matcher"`
			Properties []struct {
				ID    string `json:"id"`
				Value any    `json:"value"`
			} `json:"properties"`
		} `json:"overrides"`
	} `json:"fieldConfig"`
	Options struct {
		Content string `json:"content"`
		Legend  struct {
			ShowLegend  *bool    `json:"showLegend"`
			DisplayMode string   `json:"displayMode"`
			Placement   string   `json:"placement"`
			Calcs       []string `json:"calcs"`
		} `json:"legend"`
		XField    string `json:"xField"`
		Stacking  string `json:"stacking"`
		Exemplars any    `json:"exemplars"`
	} `json:"options"`
	Transformations []struct {
		ID      string         `json:"id"`
		Options map[string]any `json:"options"`
	} `json:"transformations"`
}

func boards(t *testing.T) []board {
	t.Helper()
	var all []board
	for _, files := range []fs.FS{grafana.Dashboards(), grafana.Runtimes()} {
		names, err := fs.Glob(files, "*.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			one := board{text: string(text)}
			if err := json.Unmarshal(text, &one); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all = append(all, one)
		}
	}
	return all
}

// shown are the panels that show something, also those inside collapsed rows.
func (b board) shown() []panel {
	var all []panel
	for _, p := range b.Panels {
		if p.Type == "row" {
			all = append(all, p.Panels...)
		} else {
			all = append(all, p)
		}
	}
	return all
}

// field is the configuration of a series: the panel's defaults with its
// overrides, one key for each property ("custom.lineWidth").
func (p panel) field(series string) map[string]any {
	one := maps.Clone(p.FieldConfig.Defaults)
	if one == nil {
		one = map[string]any{}
	}
	if custom, ok := one["custom"].(map[string]any); ok {
		for key, value := range custom {
			one["custom."+key] = value
		}
	}
	for _, override := range p.FieldConfig.Overrides {
		matches := override.Matcher.Options == series
		if override.Matcher.ID == "byRegexp" {
			matches = regexp.MustCompile(strings.TrimSuffix(strings.TrimPrefix(override.Matcher.Options, "/"), "/")).MatchString(series)
		}
		for _, property := range override.Properties {
			if matches {
				one[property.ID] = property.Value
			}
		}
	}
	return one
}

// color is the fixed colour of a series, empty if it has none.
func (p panel) color(series string) string {
	color, _ := p.field(series)["color"].(map[string]any)
	if color["mode"] != "fixed" {
		return ""
	}
	fixed, _ := color["fixedColor"].(string)
	return fixed
}

// number is a numeric property, and its default.
func number(field map[string]any, key string, otherwise float64) float64 {
	if value, ok := field[key].(float64); ok {
		return value
	}
	return otherwise
}

func (p panel) transformation(id string) map[string]any {
	for _, one := range p.Transformations {
		if one.ID == id {
			return one.Options
		}
	}
	return nil
}

// inARun are the values that labels have in a run of the tour, with some
// failures, by the labels that a legend names together.
var inARun = map[string][]string{
	"part": {"lag", "blocked", "connect", "network", "entry", "queue", "cpu", "wait", "unattributed"},
	"target": {"GET /io/wait", "GET /cpu/spin", "GET /mixed/sequence", "GET /mixed/parallel", "POST /items", "GET /items",
		"GET /items/{created}", "PUT /items/{created}", "DELETE /items/{created}"},
	"outcome":                   {"ok", "http_error", "timeout", "connect_error", "protocol_error", "check", "unfinished"},
	"reason":                    {"queue_full", "deadline", "run_end", "no_resource", "late", "local_limit", "none"},
	"http_route":                {"/io/wait", "/cpu/spin", "/mixed/sequence", "/mixed/parallel", "/items", "/items/:id"},
	"http_response_status_code": {"200", "201", "204", "404", "429", "500", "503", "504"},
	"http_route http_response_status_code": {"/io/wait 500", "/cpu/spin 503", "/cpu/spin 504", "/mixed/sequence 503", "/mixed/parallel 503",
		"/items 503", "/items/:id 503", "none"},
	"service_peer_name":                           {"iobound", "cpubound", "mixed", "items"},
	"service_peer_name http_response_status_code": {"iobound 200", "cpubound 200", "cpubound 503", "mixed 200", "items 200", "items 201", "items 204"},
	"server_address":                              {"127.0.0.1"},
	"server_address http_response_status_code":    {"127.0.0.1 200", "127.0.0.1 503"},
	"job http_route": {"gateway /io/wait", "gateway /cpu/spin", "gateway /mixed/sequence", "gateway /mixed/parallel", "gateway /items", "gateway /items/:id",
		"iobound /io/wait", "cpubound /cpu/spin", "mixed /mixed/sequence", "mixed /mixed/parallel", "items /items", "items /items/:id"},
	"alertname":   {"SLOFastBurn", "SLOSlowBurn", "TargetDown", "MeasurementInvalid", "none"},
	"result":      {"exported", "failed", "dropped"},
	"slo":         {"errors", "latency"},
	"phase":       {"climb", "io", "cpu", "mixed", "items", "all", "no load"},
	"le":          {"+Inf"},
	"job":         {"tornado", "asyncio", "uvloop", "node", "nethttp"},
	"target part": {"GET /io/wait cpu"},
	"listener":    {"traffic", "admin"},
	"kind":        {"drop", "errors", "latency", "reset", "slow_body", "stall", "truncate", "none"},
	"state":       {"idle", "transferring"},
}

var label = regexp.MustCompile(`\{\{(\w+)\}\}`)

// series are the names that a panel's series have in a run.
func (p panel) series() []string {
	var all []string
	for _, target := range p.Targets {
		var labels []string
		for _, found := range label.FindAllStringSubmatch(target.LegendFormat, -1) {
			labels = append(labels, found[1])
		}
		if labels == nil {
			all = append(all, target.LegendFormat)
			continue
		}
		for _, values := range inARun[strings.Join(labels, " ")] {
			name := target.LegendFormat
			for _, l := range labels {
				value, rest, _ := strings.Cut(values, " ")
				if l == labels[len(labels)-1] {
					value = values
				}
				name, values = strings.ReplaceAll(name, "{{"+l+"}}", value), rest
			}
			all = append(all, strings.TrimSpace(name))
		}
	}
	return all
}

// TestEverySeriesIsKnown holds the tables above to the dashboards: a rule that
// knows no series of a panel checks nothing.
func TestEverySeriesIsKnown(t *testing.T) {
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			if p.Type != "text" && p.Type != "table" && len(p.series()) == 0 {
				t.Errorf("%s: %s: no series is known of %+v", b.UID, p.Title, p.Targets)
			}
		}
	}
	if !slices.Contains(inARun["phase"], "climb") {
		t.Error("the tour has a phase climb")
	}
}
