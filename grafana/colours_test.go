package grafana_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"loadlab/grafana"
)

// coloured is what is needed of a dashboard to see which series has which colour.
type coloured struct {
	Panels []struct {
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
	} `json:"panels"`
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
		text, err := fs.ReadFile(grafana.Dashboards(), name)
		if err != nil {
			t.Fatal(err)
		}
		var board coloured
		if err := json.Unmarshal(text, &board); err != nil {
			t.Fatal(err)
		}
		for _, panel := range board.Panels {
			colours := map[string]string{}
			for _, override := range panel.FieldConfig.Overrides {
				// A pattern of ours is the name of a part at the end: / cpu$/.
				series := strings.Trim(override.Matcher.Options, "/ $")
				for _, property := range override.Properties {
					var colour struct{ FixedColor string }
					if property.ID != "color" {
						continue
					}
					if err := json.Unmarshal(property.Value, &colour); err != nil {
						t.Fatal(err)
					}
					colours[series] = colour.FixedColor
					if want := meaning[series]; want != "" && colour.FixedColor != want {
						t.Errorf("%s: %s: %s has the colour %s, want %s", name, panel.Title, series, colour.FixedColor, want)
					}
				}
			}
			for _, target := range panel.Targets {
				for _, series := range seriesOf(target.LegendFormat) {
					if meaning[series] != "" && colours[series] == "" && panel.Type != "stat" {
						t.Errorf("%s: %s: %s has no colour of its own", name, panel.Title, series)
					}
				}
			}
		}
	}
}

// seriesOf returns the series that a legend names: every part that a service reports, or the legend itself.
func seriesOf(legend string) []string {
	if strings.HasSuffix(legend, "{{part}}") {
		return []string{"cpu", "wait", "queue"}
	}
	return []string{legend}
}
