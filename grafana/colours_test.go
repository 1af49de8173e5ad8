package grafana_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// themes are Grafana's grounds of panels and what its named colours are on
// them, from packages/grafana-data/src/themes of grafana/grafana.
var themes = map[string]map[string]string{
	"light": {
		"ground": "#FFFFFF", "text": "#24292E", "light-red": "#F2495C", "red": "#E02F44", "semi-dark-red": "#C4162A", "dark-orange": "#E55400",
		"green": "#56A64B", "semi-dark-green": "#37872D", "blue": "#3274D9", "light-purple": "#B877D9", "purple": "#A352CC", "semi-dark-purple": "#8F3BB8",
	},
	"dark": {
		"ground": "#181B1F", "text": "#CCCCDC", "light-red": "#FF7383", "red": "#F2495C", "semi-dark-red": "#E02F44", "dark-orange": "#FA6400",
		"green": "#73BF69", "semi-dark-green": "#56A64B", "blue": "#5794F2", "light-purple": "#CA95E5", "purple": "#B877D9", "semi-dark-purple": "#A352CC",
	},
}

// meaning are the colours of parts and quantiles, the same in every panel.
var meaning = map[string]string{
	"cpu": "dark-orange", "wait": "blue", "queue": "red", "entry": "light-red", "blocked": "semi-dark-red",
	"lag": "#B8860B", "connect": "#6B8E23", "network": "semi-dark-green",
	"p50": "light-purple", "p95": "semi-dark-purple", "p99": "purple",
}

// reserved are the colours that nothing else may have, in any theme.
var reserved = map[string]string{
	"cpu": "dark-orange", "wait": "blue", "queue": "red", "entry": "light-red", "blocked": "semi-dark-red",
	"the annotation Faults": "#E0489A", "the annotation Experiments": "#0891B2", "the annotation Steering": "#8A8F98",
}

func TestColoursMeanTheSameEverywhere(t *testing.T) {
	for _, b := range boards(t) {
		for _, p := range b.shown() {
			if p.Type == "stat" || p.Type == "state-timeline" {
				continue // coloured by thresholds, and by mappings
			}
			for _, series := range p.series() {
				if want := meaning[series]; want != "" && p.color(series) != want {
					t.Errorf("%s: %s: %s has the colour %q, want %s", b.UID, p.Title, series, p.color(series), want)
				}
			}
		}
	}
}

// TestReservedColoursMeanNothingElse also refuses Grafana's own palette, which
// has the reserved colours for its first series.
func TestReservedColoursMeanNothingElse(t *testing.T) {
	for _, b := range boards(t) {
		for _, annotation := range b.Annotations.List {
			if name := "the annotation " + annotation.Name; annotation.IconColor != reserved[name] {
				t.Errorf("%s: %s has the colour %s, want %q", b.UID, name, annotation.IconColor, reserved[name])
			}
		}
		for _, p := range b.shown() {
			for _, series := range p.series() {
				color := p.color(series)
				if p.Type == "timeseries" && color == "" {
					t.Errorf("%s: %s: %s has no colour of its own", b.UID, p.Title, series)
				}
				for name, theirs := range reserved {
					if alike(color, theirs) && series != name {
						t.Errorf("%s: %s: %s has the colour of %s", b.UID, p.Title, series, name)
					}
				}
			}
			for _, color := range otherColours(p) {
				for name, theirs := range reserved {
					if alike(color, theirs) {
						t.Errorf("%s: %s: a threshold or mapping has the colour of %s", b.UID, p.Title, name)
					}
				}
			}
		}
	}
}

// TestColoursStandOutInBothThemes requires the contrast of 3:1 that WCAG 2.2 asks
// of graphics.
func TestColoursStandOutInBothThemes(t *testing.T) {
	const least = 3
	for _, b := range boards(t) {
		all := map[string]string{} // by colour, where it is
		for _, annotation := range b.Annotations.List {
			all[annotation.IconColor] = "annotation " + annotation.Name
		}
		for _, p := range b.shown() {
			for _, series := range p.series() {
				all[p.color(series)] = p.Title + ": " + series
			}
			for _, color := range otherColours(p) {
				all[color] = p.Title
			}
		}
		for color, place := range all {
			for name, theme := range themes {
				if color == "" || color == "transparent" {
					continue
				}
				if c := contrast(inTheme(color, theme), theme["ground"]); c < least {
					t.Errorf("%s: %s: %s has a contrast of %.1f in the %s theme, want %d", b.UID, place, color, c, name, least)
				}
			}
		}
	}
}

// otherColours are those of thresholds and mappings.
func otherColours(p panel) (all []string) {
	add := func(color any) {
		if text, ok := color.(string); ok {
			all = append(all, text)
		}
	}
	if thresholds, ok := p.FieldConfig.Defaults["thresholds"].(map[string]any); ok {
		for _, step := range thresholds["steps"].([]any) {
			add(step.(map[string]any)["color"])
		}
	}
	mappings, _ := p.FieldConfig.Defaults["mappings"].([]any)
	for _, mapping := range mappings {
		for _, result := range mapping.(map[string]any)["options"].(map[string]any) {
			if one, ok := result.(map[string]any); ok {
				add(one["color"])
			}
		}
	}
	return all
}

func inTheme(color string, theme map[string]string) string {
	if named, ok := theme[color]; ok {
		return named
	}
	return color
}

// alike reports whether two colours are the same in a theme.
func alike(a, b string) bool {
	for _, theme := range themes {
		if a != "" && strings.EqualFold(inTheme(a, theme), inTheme(b, theme)) {
			return true
		}
	}
	return false
}

// contrast is that of WCAG 2.2 between two colours written #rrggbb.
func contrast(a, b string) float64 {
	low, high := luminance(a), luminance(b)
	if low > high {
		low, high = high, low
	}
	return (high + 0.05) / (low + 0.05)
}

func luminance(color string) float64 {
	bits, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
	if err != nil || len(color) != 7 {
		panic(fmt.Sprintf("%q is not #rrggbb and no colour that the themes name", color))
	}
	sum := 0.0
	for shift, weight := range map[int]float64{16: 0.2126, 8: 0.7152, 0: 0.0722} {
		part := float64(bits>>shift&0xff) / 255
		if part <= 0.04045 {
			sum += weight * part / 12.92
		} else {
			sum += weight * math.Pow((part+0.055)/1.055, 2.4)
		}
	}
	return sum
}
