package panelquery

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// All is the value of a variable that selects every value of its list.
const All = "$__all"

// Context is what a query depends on besides its text.
type Context struct {
	// Range is the time that the dashboard shows.
	Range time.Duration
	// Interval is the step between two points of a chart. Grafana makes it the
	// range over the panel's width in pixels, and at least Scrape.
	Interval time.Duration
	// Scrape is the data source's timeInterval: how often targets are scraped.
	Scrape time.Duration
	// Values are the chosen values of variables, by name. A variable that is
	// missing here has the dashboard's own current value.
	Values map[string]Values
	// Options are all values of each variable's list, by name. They replace All
	// where the variable has no allValue.
	Options map[string]Values
}

// Query is one target of a panel, ready to be sent.
type Query struct {
	Panel  Panel
	Target Target
	Expr   string // Target.Expr without any variable left in it
}

// Queries expands every target of every panel of the dashboard. It fails if a
// query uses a variable that neither Grafana nor the dashboard defines.
func (d Dashboard) Queries(ctx Context) ([]Query, error) {
	var all []Query
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			expr, err := d.Expand(target.Expr, ctx)
			if err != nil {
				return nil, fmt.Errorf("dashboard %s, panel %q, query %s: %w", d.UID, panel.Title, target.RefID, err)
			}
			all = append(all, Query{Panel: panel, Target: target, Expr: expr})
		}
	}
	return all, nil
}

// reference matches $name, ${name}, ${name:format} and [[name]], [[name:format]].
var reference = regexp.MustCompile(`\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)(?::(\w+))?\]\]`)

// Expand replaces the variables in expr as Grafana's Prometheus data source does.
func (d Dashboard) Expand(expr string, ctx Context) (string, error) {
	var problems []string
	expanded := reference.ReplaceAllStringFunc(expr, func(found string) string {
		groups := reference.FindStringSubmatch(found)
		name := groups[1] + groups[2] + groups[4]
		text, err := d.value(name, groups[3]+groups[5], ctx)
		if err != nil {
			problems = append(problems, err.Error())
			return found
		}
		return text
	})
	if problems != nil {
		return "", fmt.Errorf("expand %q: %s", expr, strings.Join(problems, "; "))
	}
	return expanded, nil
}

func (d Dashboard) value(name, format string, ctx Context) (string, error) {
	if text, ok := ctx.builtin(name); ok {
		return text, nil
	}
	at := slices.IndexFunc(d.Templating.List, func(v Variable) bool { return v.Name == name })
	if at < 0 {
		return "", fmt.Errorf("there is no variable %s", name)
	}
	variable := d.Templating.List[at]
	values := variable.Current.Value
	if chosen, ok := ctx.Values[name]; ok {
		values = chosen
	}
	if slices.Contains(values, All) {
		if variable.AllValue != "" {
			return variable.AllValue, nil // Grafana passes it on as it is
		}
		values = ctx.Options[name]
	}
	if len(values) == 0 {
		return "", fmt.Errorf("the variable %s has no value", name)
	}
	return variable.format(values, format)
}

// builtin returns the variables that Grafana itself defines.
func (ctx Context) builtin(name string) (string, bool) {
	interval := max(ctx.Interval, ctx.Scrape)
	switch name {
	case "__interval":
		return duration(interval), true
	case "__interval_ms":
		return strconv.FormatInt(interval.Milliseconds(), 10), true
	case "__rate_interval":
		// One scrape more than the step, so that neighbouring windows share a
		// sample, and never so short that a missed scrape empties it.
		return duration(max(interval+ctx.Scrape, 4*ctx.Scrape)), true
	case "__range":
		return duration(ctx.Range), true
	case "__range_s":
		return strconv.FormatInt(int64(ctx.Range.Seconds()), 10), true
	case "__range_ms":
		return strconv.FormatInt(ctx.Range.Milliseconds(), 10), true
	}
	return "", false
}

// duration writes d in a unit that PromQL takes, without a fraction.
func duration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}

// format writes values for a place in a query. Without a format that place is
// a string literal of a matcher, compared by = if the variable has one value
// and by =~ if it can have several.
func (v Variable) format(values Values, format string) (string, error) {
	switch format {
	case "":
		if !v.Multi && !v.IncludeAll {
			return escapeLiteral(values[0]), nil
		}
		return alternatives(values), nil
	case "raw":
		return strings.Join(values, ","), nil
	case "regex":
		return alternatives(values), nil
	case "pipe":
		return strings.Join(values, "|"), nil
	}
	return "", fmt.Errorf("the variable %s has the format %s; known are raw, regex and pipe", v.Name, format)
}

func alternatives(values Values) string {
	escaped := make([]string, len(values))
	for i, value := range values {
		escaped[i] = escapePattern(value)
	}
	if len(escaped) == 1 {
		return escaped[0]
	}
	return "(" + strings.Join(escaped, "|") + ")"
}

// escapeLiteral keeps value what it is inside a PromQL string in double quotes.
func escapeLiteral(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
}

// escapePattern keeps value what it is inside a regular expression inside a
// PromQL string, where each backslash of the expression is written twice.
func escapePattern(value string) string {
	return escapeLiteral(regexp.QuoteMeta(value))
}
