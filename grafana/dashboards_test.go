package grafana_test

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/grafana"
	"loadlab/grafana/panelquery"
)

// asInGrafana is a dashboard of five minutes on a screen of ordinary width.
var asInGrafana = panelquery.Context{
	Range: 5 * time.Minute, Interval: 2 * time.Second, Scrape: 2 * time.Second,
}

func dashboards(t *testing.T) []panelquery.Dashboard {
	t.Helper()
	var all []panelquery.Dashboard
	for _, files := range []fs.FS{grafana.Dashboards(), grafana.Runtimes()} {
		boards, err := panelquery.Read(files)
		if err != nil {
			t.Fatal(err)
		}
		for _, board := range boards {
			if _, err := fs.Stat(files, board.UID+".json"); err != nil {
				t.Errorf("the file of %q is not named after its uid: %v", board.Title, err)
			}
		}
		all = append(all, boards...)
	}
	return all
}

func TestTheDashboardsThatWePromise(t *testing.T) {
	var titles []string
	for _, board := range dashboards(t) {
		titles = append(titles, board.Title)
		if board.Description == "" || board.SchemaVersion == 0 || !slices.Contains(board.Tags, "loadlab") {
			t.Errorf("%q needs a description, a schemaVersion, and the tag loadlab that its links follow", board.Title)
		}
	}
	slices.Sort(titles)
	want := []string{"Go runtime", "IO vs CPU", "Load generator", "Runtimes", "SLO", "Service"}
	if !slices.Equal(titles, want) {
		t.Errorf("got %v, want %v", titles, want)
	}
	if _, err := fs.Stat(grafana.Dashboards(), grafana.Home); err != nil {
		t.Error(err)
	}
}

func TestPanelsAreComplete(t *testing.T) {
	// What the lab's console can draw.
	types := []string{"timeseries", "stat", "heatmap", "table", "bargauge", "barchart", "state-timeline", "text"}
	for _, board := range dashboards(t) {
		ids, titles := map[int]bool{}, map[string]bool{}
		for _, panel := range board.Panels {
			name := board.UID + ": " + panel.Title
			if panel.Title == "" || titles[panel.Title] || ids[panel.ID] || panel.ID <= 0 {
				t.Errorf("%s: needs a title and a positive id that no other panel has (id %d)", name, panel.ID)
			}
			ids[panel.ID], titles[panel.Title] = true, true
			if !strings.HasSuffix(panel.Description, ".") {
				t.Errorf("%s: needs a description, in sentences", name)
			}
			if !slices.Contains(types, panel.Type) {
				t.Errorf("%s: has type %q; known are %v", name, panel.Type, types)
			}
			checkTargets(t, name, panel)
		}
	}
}

func checkTargets(t *testing.T, name string, panel panelquery.Panel) {
	t.Helper()
	if (panel.Type == "text") != (len(panel.Targets) == 0) {
		t.Errorf("%s: every panel but a text has queries", name)
	}
	refs := map[string]bool{}
	for _, target := range panel.Targets {
		if target.RefID == "" || refs[target.RefID] || target.Expr == "" {
			t.Errorf("%s: each query needs an expression and a refId of its own", name)
		}
		refs[target.RefID] = true
		if target.LegendFormat == "" && target.Format != "table" {
			t.Errorf("%s: query %s needs a legend", name, target.RefID)
		}
	}
}

// Without requests a quantile or a quotient has no value. A panel of nothing
// else would look broken on pause.
func TestPanelsOfRequestsSayWhenThereAreNone(t *testing.T) {
	requests := regexp.MustCompile(`http_server_request_duration_seconds|lab_work_seconds_total|loadgen_\w+_seconds`)
	undefined := regexp.MustCompile(`histogram_quantile\(|_bucket\b|\) / `)
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			defined := p.Type == "text" || slices.ContainsFunc(p.Targets, func(target panelquery.Target) bool {
				return !requests.MatchString(target.Expr) || !undefined.MatchString(target.Expr)
			})
			if noValue, _ := p.FieldConfig.Defaults["noValue"].(string); !defined && noValue == "" {
				t.Errorf("%s: %s: needs noValue, since it is empty without requests", b.UID, p.Title)
			}
		}
	}
}

// Grafana has the dashboard of the tutorial's servers also while none of them runs.
func TestPanelsOfRuntimesSayThatNoneRuns(t *testing.T) {
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			noValue, _ := p.FieldConfig.Defaults["noValue"].(string)
			if b.UID == "runtimes" && !strings.Contains(noValue, "docker compose --profile runtimes up") && noValue != "no requests now" {
				t.Errorf("%s: says %q while no server runs", p.Title, noValue)
			}
		}
	}
}

func TestLatencyPanelsShowExemplars(t *testing.T) {
	for _, row := range []struct{ uid, title string }{
		{"io-vs-cpu", "IO: latency"},
		{"io-vs-cpu", "CPU: latency"},
		{"service", "Duration"},
		{"load-generator", "Response time"},
	} {
		t.Run(row.uid+" "+row.title, func(t *testing.T) {
			for _, board := range dashboards(t) {
				for _, panel := range board.Panels {
					if board.UID == row.uid && panel.Title == row.title &&
						slices.ContainsFunc(panel.Targets, func(target panelquery.Target) bool { return target.Exemplar }) {
						return
					}
				}
			}
			t.Error("there is no such panel, or it has no query with exemplars")
		})
	}
}

// TestPanelsDoNotOverlap looks at each row on its own: those inside a closed
// row have the places that they take once it is opened.
func TestPanelsDoNotOverlap(t *testing.T) {
	for _, b := range boards(t) {
		checkPlaces(t, b.UID, b.Panels)
		for _, p := range b.Panels {
			checkPlaces(t, b.UID+": "+p.Title, p.Panels)
		}
	}
}

func checkPlaces(t *testing.T, name string, panels []panel) {
	t.Helper()
	const columns = 24
	taken := map[[2]int]string{}
	for _, p := range panels {
		at := p.GridPos
		if at.X < 0 || at.Y < 0 || at.W <= 0 || at.H <= 0 || at.X+at.W > columns {
			t.Errorf("%s: %q does not fit into %d columns: %+v", name, p.Title, columns, at)
			continue
		}
		if other := occupy(taken, p.Panel); other != "" {
			t.Errorf("%s: %q lies over %q", name, p.Title, other)
		}
	}
}

// occupy marks the panel's cells and returns the title of a panel that has one of them.
func occupy(taken map[[2]int]string, panel panelquery.Panel) string {
	for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
		for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
			cell := [2]int{x, y}
			if taken[cell] != "" {
				return taken[cell]
			}
			taken[cell] = panel.Title
		}
	}
	return ""
}
