// Package catalog holds the experiments that come with the lab.
package catalog

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"loadlab/experiments/definition"
)

//go:embed *.yaml
var files embed.FS

// order is that in which a student meets them.
func order() []string {
	return []string{
		"tutorial-io", "tutorial-cpu", "tutorial-blocking",
		"io-scaling", "cpu-saturation", "queueing", "coordinated-omission", "overload", "bounded-queue", "unbounded", "pool-exhaustion",
		"noisy-neighbour", "retry-storm", "error-burst", "cost-of-observability",
	}
}

// Find returns an experiment of the catalog.
func Find(name string) (*definition.Definition, error) {
	for _, known := range order() {
		if known == name {
			data, err := files.ReadFile(name + ".yaml")
			if err != nil {
				return nil, fmt.Errorf("read the catalog: %w", err)
			}
			return definition.Parse(path.Join("catalog", name+".yaml"), data)
		}
	}
	return nil, fmt.Errorf("there is no experiment %q; there are %s", name, strings.Join(order(), ", "))
}

// List returns the catalog in the order in which a student meets it.
func List() ([]*definition.Definition, error) {
	var all []*definition.Definition
	for _, name := range order() {
		d, err := Find(name)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}
