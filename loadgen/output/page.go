package output

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
	"time"
)

//go:embed page.css
var css string

// page collects HTML. Everything that it is given, except tags, is escaped. It is no html/template: the
// methods that templates call by their names would make the program a fifth larger.
type page struct{ bytes.Buffer }

func (p *page) raw(text string) { p.WriteString(text) }

func (p *page) text(format string, args ...any) {
	p.raw(html.EscapeString(fmt.Sprintf(format, args...)))
}

// element is one with text alone; class may be empty.
func (p *page) element(name, class, format string, args ...any) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	p.raw("<" + name + class + ">")
	p.text(format, args...)
	p.raw("</" + name + ">\n")
}

// table writes rows below a header.
func (p *page) table(header []string, rows [][]string) {
	p.raw("<div><table>\n<tr>")
	for _, cell := range header {
		p.element("th", "", "%s", cell)
	}
	p.raw("</tr>\n")
	for _, row := range rows {
		p.raw("<tr>")
		for _, cell := range row {
			p.element("td", "", "%s", cell)
		}
		p.raw("</tr>\n")
	}
	p.raw("</table></div>\n")
}

// short is d with three to five digits.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(10 * time.Nanosecond).String()
}
