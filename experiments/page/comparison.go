package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"loadlab/experiments/compare"
	"loadlab/experiments/result"
)

//go:embed compare.html
var compareSource string

// WriteComparison writes the comparison as one page that needs nothing else.
func WriteComparison(w io.Writer, c *compare.Comparison) error {
	t, err := template.New("compare").Funcs(template.FuncMap{
		"label": func(d compare.Difference) string { return d.Label() }, "cell": result.Measured.String, "percent": func(d compare.Difference) string { return d.Percent() },
	}).Parse(compareSource)
	if err != nil {
		return fmt.Errorf("read the template of the page: %w", err)
	}
	if err := t.Execute(w, map[string]any{"C": c, "Groups": c.Groups(), "Style": template.CSS(pageStyle)}); err != nil { //nolint:gosec // our own file
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}
