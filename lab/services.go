package lab

import (
	"fmt"
	"slices"
	"strings"
)

func unknownServices(where string, names []string) error {
	var known []string
	for _, s := range (&Config{}).services() {
		known = append(known, s.builder.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return &usageError{fmt.Sprintf("%s: unknown service %q; allowed are %s", where, name, strings.Join(known, ", "))}
		}
	}
	return nil
}
