// Package panelquery turns the panels of a dashboard into the plain PromQL that Grafana would send.
package panelquery

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// Dashboard is what is needed of a dashboard in Grafana's classic JSON schema
// to read it, check it, and run its queries.
type Dashboard struct {
	UID           string   `json:"uid"`
	Title         string   `json:"title"`
	Description   string   `json:"description"`
	Tags          []string `json:"tags"`
	SchemaVersion int      `json:"schemaVersion"`
	// Panels are those that show something, also those inside collapsed rows.
	Panels     []Panel `json:"panels"`
	Templating struct {
		List []Variable `json:"list"`
	} `json:"templating"`
	Annotations struct {
		List []Annotation `json:"list"`
	} `json:"annotations"`
}

// Panel is one chart, table or text of a dashboard.
type Panel struct {
	ID          int        `json:"id"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	GridPos     GridPos    `json:"gridPos"`
	Datasource  Datasource `json:"datasource"`
	Targets     []Target   `json:"targets"`
	Panels      []Panel    `json:"panels"` // of a collapsed row
}

// row is the type of a panel that is a heading of others.
const row = "row"

// GridPos is a panel's place, in columns of a twenty-fourth of the width and
// rows of 30 pixels.
type GridPos struct{ H, W, X, Y int }

// Datasource names a data source by its type and its fixed uid.
type Datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// Target is one query of a panel.
type Target struct {
	RefID        string     `json:"refId"`
	Datasource   Datasource `json:"datasource"`
	Expr         string     `json:"expr"`
	LegendFormat string     `json:"legendFormat"`
	Format       string     `json:"format"`
	Instant      bool       `json:"instant"`
	Exemplar     bool       `json:"exemplar"`
}

// DatasourceVariable is the type of a variable whose values are data sources.
const DatasourceVariable = "datasource"

// Variable is a drop-down list of a dashboard, filled by a query or with the data sources of a type.
type Variable struct {
	Name       string     `json:"name"`
	Type       string     `json:"type"`
	Query      string     `json:"query"`
	Datasource Datasource `json:"datasource"`
	Multi      bool       `json:"multi"`
	IncludeAll bool       `json:"includeAll"`
	AllValue   string     `json:"allValue"`
	Current    struct {
		Value Values `json:"value"`
	} `json:"current"`
}

var labelValues = regexp.MustCompile(`^\s*label_values\(\s*(?:(.+),\s*)?(\w+)\s*\)\s*$`)

// LabelValues takes the variable's query apart, which must be
// label_values(selector, label) or label_values(label).
func (v Variable) LabelValues() (selector, label string, err error) {
	match := labelValues.FindStringSubmatch(v.Query)
	if match == nil {
		return "", "", fmt.Errorf("variable %s: its query %q is not a label_values(selector, label)", v.Name, v.Query)
	}
	return strings.TrimSpace(match[1]), match[2], nil
}

// Values are a variable's chosen values; JSON may hold one string for a list of one.
type Values []string

// UnmarshalJSON implements json.Unmarshaler.
func (v *Values) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*v = Values{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(text, &many); err != nil {
		return fmt.Errorf("a variable's value must be a string or a list of strings: %w", err)
	}
	*v = many
	return nil
}

// Annotation marks times on every chart of a dashboard.
type Annotation struct {
	Name       string     `json:"name"`
	Datasource Datasource `json:"datasource"`
	Expr       string     `json:"expr"`
}

// Read parses every *.json file in the root of files, in the order of their names.
func Read(files fs.FS) ([]Dashboard, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list dashboards: %w", err)
	}
	all := make([]Dashboard, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read dashboard: %w", err)
		}
		one, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("parse dashboard %s: %w", name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// Parse reads a dashboard from its JSON.
func Parse(text []byte) (Dashboard, error) {
	var d Dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		return Dashboard{}, fmt.Errorf("not a dashboard's JSON: %w", err)
	}
	d.Panels = withoutRows(d.Panels)
	return d, nil
}

func withoutRows(panels []Panel) []Panel {
	var all []Panel
	for _, panel := range panels {
		if panel.Type == row {
			all = append(all, panel.Panels...)
		} else {
			all = append(all, panel)
		}
	}
	return all
}
