package telemetry

import (
	"fmt"
	"slices"
	"strings"

	"loadlab/internal/env"
)

// Unsupported returns a sentence for each OpenTelemetry variable of environ
// (name=value) that is set and that none of the configurations, pointers to
// structs, declares. An exporter that is switched off needs no support.
func Unsupported(environ []string, configurations ...any) []string {
	declared, err := env.Vars(configurations...)
	if err != nil {
		return nil // parsing them has failed already
	}
	var sentences []string
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case !strings.HasPrefix(name, "OTEL_"), value == "":
		case strings.HasSuffix(name, "_EXPORTER") && value == exportNone:
		case slices.ContainsFunc(declared, func(v env.Var) bool { return v.Name == name }):
		default:
			sentences = append(sentences, name+" is set, but not supported: it has no effect")
		}
	}
	slices.Sort(sentences)
	return sentences
}

// Warnings returns a sentence for each proxy between this program, which exports
// the signals, and a collector: exports that go to a proxy by accident are hard to find.
func (e *Export) Warnings(signals ...Signal) []string {
	var sentences []string
	for _, s := range signals {
		if s == Traces && e.tracesTo() != exportOTLP || s == Metrics && !e.exports(exportOTLP) {
			continue
		}
		c, _ := e.Collector(s) // checked by Validate
		if via := c.proxy(); via != "" {
			sentences = append(sentences, fmt.Sprintf("%s are sent to %s through the proxy %s of the environment; list the collector's host in NO_PROXY to send them directly", s, c.URL, via))
		}
	}
	return sentences
}
