package grafana_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"loadlab/grafana"
)

// panel is what is needed of a panel to see which series has which colour.
type panel struct {
	Title   string `json:"title"`
	Type    string `json:"type"`
	Targets []struct {
		LegendFormat string `json:"legendFormat"`
	} `json:"targets"`
	FieldConfig struct {
		Overrides []struct {
			Matcher struct {
				Options string `json:"options"`
			} `json:"matcher"`
			Properties []struct {
				ID    string          `json:"id"`
				Value json.RawMessage `json:"value"`
			} `json:"properties"`
		} `json:"overrides"`
	} `json:"fieldConfig"`
}

// colours returns the fixed colours of the panel by series.
func (p panel) colours(t *testing.T) map[string]string {
	t.Helper()
	colours := map[string]string{}
	for _, override := range p.FieldConfig.Overrides {
		// A pattern of ours is the name of a part at the end: / cpu$/.
		series := strings.Trim(override.Matcher.Options, "/ $")
		for _, property := range override.Properties {
			if property.ID != "color" {
				continue
			}
			var value struct {
				FixedColor string `json:"fixedColor"`
			}
			if err := json.Unmarshal(property.Value, &value); err != nil {
				t.Fatal(err)
			}
			colours[series] = value.FixedColor
		}
	}
	return colours
}

// TestColoursMeanTheSameEverywhere holds every series of a part or a quantile
// to its colour, and every panel by parts to have those colours.
func TestColoursMeanTheSameEverywhere(t *testing.T) {
	meaning := map[string]string{
		"cpu": "#FF9830", "wait": "#5794F2", "queue": "#F2495C",
		"lag": "#FADE2A", "connect": "#96D98D", "network": "#56A64B",
		"p50": "#DEB6F2", "p95": "#B877D9", "p99": "#8F3BB8",
	}
	names, err := fs.Glob(grafana.Dashboards(), "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		for _, p := range panels(t, name) {
			if p.Type == "stat" {
				continue // coloured by its thresholds
			}
			colours := p.colours(t)
			for _, target := range p.Targets {
				for _, series := range seriesOf(target.LegendFormat) {
					if want := meaning[series]; colours[series] != want && want != "" {
						t.Errorf("%s: %s: %s has the colour %q, want %s", name, p.Title, series, colours[series], want)
					}
				}
			}
		}
	}
}

func panels(t *testing.T, name string) []panel {
	t.Helper()
	text, err := fs.ReadFile(grafana.Dashboards(), name)
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []panel `json:"panels"`
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	return board.Panels
}

// seriesOf returns the series that a legend names: every part that a service reports, or the legend itself.
func seriesOf(legend string) []string {
	if strings.HasSuffix(legend, "{{part}}") {
		return []string{"cpu", "wait", "queue"}
	}
	return []string{legend}
}
