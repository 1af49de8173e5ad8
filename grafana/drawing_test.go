package grafana_test

import (
	"strings"
	"testing"
)

// What Grafana takes of a panel's height, in pixels: a row of the grid with its
// gap, the frame with the title, the time axis, a row of a legend's table, a
// row of a table.
const (
	gridRow   = 38
	frame     = 44
	axis      = 28
	legendRow = 26
	tableRow  = 36
)

func (p panel) height() int { return p.GridPos.H*gridRow - 8 - frame }

// TestLegendsLeaveRoom requires a list for up to four series, and for more a table
// on the right that has room for each of them.
func TestLegendsLeaveRoom(t *testing.T) {
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			if p.Type != "timeseries" && p.Type != "barchart" {
				continue
			}
			legend, n := p.Options.Legend, len(p.series())
			switch {
			case legend.ShowLegend != nil && !*legend.ShowLegend:
				t.Errorf("%s: %s: has no legend", b.UID, p.Title)
			case legend.DisplayMode == "list" && legend.Placement == "bottom" && (n <= 4 || p.oneWord()):
			case legend.DisplayMode != "table" || legend.Placement != "right" || n <= 4:
				t.Errorf("%s: %s: %d series have a %s at the %s", b.UID, p.Title, n, legend.DisplayMode, legend.Placement)
			case (n+1)*legendRow > p.height():
				t.Errorf("%s: %s: %d series do not fit into a legend of %d pixels", b.UID, p.Title, n, p.height())
			}
		}
	}
}

// oneWord reports whether a list of all series fits on a line: short words
// without numbers.
func (p panel) oneWord() bool {
	length := 0
	for _, series := range p.series() {
		length += 8*len(series) + 40
	}
	return len(p.Options.Legend.Calcs) == 0 && length < p.GridPos.W*1600/24*2
}

// needs is the height of what a panel lists, in pixels.
func (p panel) needs() int {
	one := p.Targets
	switch {
	case p.Type == "table" && p.transformation("limit") != nil:
		return tableRow * (1 + int(number(p.transformation("limit"), "limitField", 0)))
	case p.Type == "table" && p.transformation("merge") != nil:
		return tableRow * 25 // two objectives of each route
	case p.Type == "table" && strings.Contains(one[0].Expr, "loadgen_"):
		return tableRow * 2 // one run, one threshold
	case p.Type == "table" && strings.Contains(one[0].Expr, "ALERTS"):
		return tableRow * 12 // what an overload fires: a fast and a slow burn of most routes
	case p.Type == "table":
		return tableRow * 3
	case p.Type == "bargauge" && strings.Contains(one[0].Expr, "bottomk(6,"):
		return legendRow * 6
	case p.Type == "bargauge":
		return legendRow * 10
	case p.Type == "barchart":
		return legendRow*9 + axis
	case p.Type == "heatmap" && strings.Contains(one[0].Expr, "le=~"):
		return 18*11 + axis
	case p.Type == "heatmap":
		return 18*15 + axis + 40
	}
	return 0
}

func TestTablesAndBarsAreNotCut(t *testing.T) {
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			if p.needs() > p.height() {
				t.Errorf("%s: %s: needs %d pixels and has %d", b.UID, p.Title, p.needs(), p.height())
			}
		}
	}
}

// TestBarsCanBeCompared requires bars of one start, the worst first, and one bar
// for each target made of its parts.
func TestBarsCanBeCompared(t *testing.T) {
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			switch p.Type {
			case "bargauge":
				if number(p.field(""), "min", -1) != 0 || !strings.HasPrefix(p.Targets[0].Expr, "sort(") || strings.Contains(p.Targets[0].Expr, "clamp") {
					t.Errorf("%s: %s: bars must begin at 0, be sorted, and say the value that they have", b.UID, p.Title)
				}
				if strings.Contains(p.Targets[0].LegendFormat, "{{part}}") {
					t.Errorf("%s: %s: has a bar for each part of each target", b.UID, p.Title)
				}
			case "barchart":
				if p.Options.Stacking != "normal" || !strings.HasSuffix(p.Targets[0].Expr, "> 0") || p.transformation("groupingToMatrix") == nil {
					t.Errorf("%s: %s: must be one stacked bar for each target, without parts that are 0", b.UID, p.Title)
				}
			}
		}
	}
}

// TestAxes requires units, a scale for charts on which nothing happens, and the
// same axis for the two sides of a comparison.
func TestAxes(t *testing.T) {
	for _, b := range boards(t) {
		sides := map[string]panel{}
		for _, p := range b.shown() {
			one := p.field("")
			if p.Type != "timeseries" && p.Type != "stat" && p.Type != "barchart" {
				continue
			}
			unit, _ := one["unit"].(string)
			if unit == "" {
				t.Errorf("%s: %s: has no unit", b.UID, p.Title)
			}
			if unit == "short" && number(one, "decimals", 0) > 0 {
				t.Errorf("%s: %s: counts things with %v decimals", b.UID, p.Title, one["decimals"])
			}
			if strings.Contains(p.Targets[0].Expr, "sum(rate(process_cpu") && !strings.Contains(p.Targets[0].Expr, " / ") && unit != "cores" {
				t.Errorf("%s: %s: counts cores in %s", b.UID, p.Title, unit)
			}
			if p.Type != "stat" && one["max"] == nil && number(one, "custom.axisSoftMax", 0) <= 0 {
				t.Errorf("%s: %s: has neither a maximum nor a soft one", b.UID, p.Title)
			}
			side, what, ok := strings.Cut(p.Title, ": ")
			if !ok || side != "IO" && side != "CPU" || p.Type != "timeseries" {
				continue
			}
			other, seen := sides[what]
			sides[what] = p
			if !seen {
				continue
			}
			for _, key := range []string{"unit", "min", "max", "decimals", "custom.axisSoftMax"} {
				if one[key] != other.field("")[key] {
					t.Errorf("%s: %s: the sides differ in %s", b.UID, what, key)
				}
			}
			if other.GridPos.H != p.GridPos.H || other.GridPos.W != p.GridPos.W || other.GridPos.Y != p.GridPos.Y {
				t.Errorf("%s: %s: the sides have other sizes", b.UID, what)
			}
		}
	}
}

// TestTheSlowestIsTheStrongestLine compares p99 with the other quantiles.
func TestTheSlowestIsTheStrongestLine(t *testing.T) {
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			width := number(p.field("p99"), "custom.lineWidth", 1)
			for _, series := range p.series() {
				if p.Type == "timeseries" && (series == "p50" || series == "p95") && number(p.field(series), "custom.lineWidth", 1) >= width {
					t.Errorf("%s: %s: %s is as strong as p99", b.UID, p.Title, series)
				}
			}
		}
	}
}

// TestTablesHaveNamesOfColumns finds columns that Prometheus names.
func TestTablesHaveNamesOfColumns(t *testing.T) {
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			if p.Type != "table" {
				continue
			}
			organized := p.transformation("organize")
			excluded, _ := organized["excludeByName"].(map[string]any)
			renamed, _ := organized["renameByName"].(map[string]any)
			values := []string{"Value"}
			if len(p.Targets) > 1 {
				values = nil
				for _, target := range p.Targets {
					values = append(values, "Value #"+target.RefID)
				}
			}
			for _, value := range values {
				if excluded[value] == nil && renamed[value] == nil {
					t.Errorf("%s: %s: has a column %s", b.UID, p.Title, value)
				}
			}
			if excluded["Time"] == nil {
				t.Errorf("%s: %s: has a column Time", b.UID, p.Title)
			}
		}
	}
}

// TestPhasesAreAStrip requires the phases of the load on the dashboards about it.
func TestPhasesAreAStrip(t *testing.T) {
	for _, b := range boards(t) {
		strips := 0
		for _, p := range b.Panels {
			if p.Type == "state-timeline" && strings.Contains(p.Targets[0].Expr, "loadgen_run_info") && p.GridPos.Y == 0 {
				strips++
			}
		}
		if wanted := b.UID == "io-vs-cpu" || b.UID == "load-generator"; wanted != (strips == 1) {
			t.Errorf("%s: has %d strips of phases", b.UID, strips)
		}
	}
}

// TestRowsGroupPanels requires headings, and closed those of panels that only some
// services have data for.
func TestRowsGroupPanels(t *testing.T) {
	for _, b := range boards(t) {
		rows := 0
		for _, p := range b.Panels {
			if p.Type != "row" {
				for _, target := range p.Targets {
					if b.UID == "service" && (strings.Contains(target.Expr, "go_sql_") || strings.Contains(target.Expr, "http_client_")) {
						t.Errorf("%s: %s: has no data for some services and is not in a closed row", b.UID, p.Title)
					}
				}
				continue
			}
			rows++
			if p.Collapsed != (len(p.Panels) > 0) {
				t.Errorf("%s: %s: only a closed row has its panels in itself", b.UID, p.Title)
			}
		}
		if rows < 2 {
			t.Errorf("%s: has %d rows", b.UID, rows)
		}
	}
}
