package experiments

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"time"
)

//go:embed catalog/*.yaml
var catalog embed.FS

// order is that in which a student meets them.
func order() []string {
	return []string{
		"tutorial-io", "tutorial-cpu", "tutorial-blocking",
		"io-scaling", "cpu-saturation", "queueing", "coordinated-omission", "overload", "unbounded", "pool-exhaustion",
		"noisy-neighbour", "retry-storm", "cost-of-observability",
	}
}

// Find returns an experiment of the catalog.
func Find(name string) (*Definition, error) {
	for _, known := range order() {
		if known == name {
			file := path.Join("catalog", name+".yaml")
			data, err := catalog.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read the catalog: %w", err)
			}
			return Parse(file, data)
		}
	}
	return nil, fmt.Errorf("there is no experiment %q; there are %s", name, strings.Join(order(), ", "))
}

// List returns the catalog in the order in which a student meets it.
func List() ([]*Definition, error) {
	var all []*Definition
	for _, name := range order() {
		d, err := Find(name)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// Explain returns what the experiment asks, with what to expect for which reasons.
func (d *Definition) Explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nQuestion: %s\nHypothesis: %s\n\n%s\n", d.Title, d.Question, d.Hypothesis, strings.TrimSpace(d.Explanation))
	fmt.Fprintln(&b)
	for _, p := range d.Processes(Env{}) {
		fmt.Fprintf(&b, "Starts %s", strings.Join(sortedKeys(p.Serve), " with "))
		for _, variable := range sortedKeys(p.Settings) {
			fmt.Fprintf(&b, " %s=%s", variable, p.Settings[variable])
		}
		fmt.Fprintln(&b)
	}
	for _, need := range d.Needs {
		fmt.Fprintf(&b, "Needs %s: %s\n", need.Service, need.Setting)
	}
	if length := d.Length(); length > 0 { // batches end when all are answered
		fmt.Fprintf(&b, "Sends load for %v\n", length.Round(time.Second))
	}
	return b.String()
}
