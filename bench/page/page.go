// Package page writes measured figures into a page of the documentation.
package page

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"
)

// Publish prints tables and, where path is not empty, writes them into that page.
func Publish(stdout io.Writer, path, command, tables string) error {
	if _, err := io.WriteString(stdout, tables); err != nil {
		return fmt.Errorf("print the tables: %w", err)
	}
	if path == "" {
		return nil
	}
	return write(path, command, tables)
}

// write replaces what is between the marks of a command in a page.
func write(path, command, tables string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the page for the tables: %w", err)
	}
	changed, err := splice(string(text), command, tables)
	if err != nil {
		return fmt.Errorf("write the tables into %s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		return fmt.Errorf("write the tables: %w", err)
	}
	return nil
}

func splice(text, command, tables string) (string, error) {
	begin, end := "<!-- begin of what "+command+" writes -->\n", "<!-- end of what "+command+" writes -->\n"
	before, rest, found := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("the page has no place for the tables, between %q and %q", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin + tables + end + after, nil
}

// Number has at least two significant digits, and a dash for what was not measured.
func Number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v < .1 && v > 0:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// Range is the lowest of some numbers with the highest.
func Range(values []float64) string {
	if len(values) == 0 {
		return Number(math.NaN())
	}
	return Number(slices.Min(values)) + " … " + Number(slices.Max(values))
}

// Median of some numbers; NaN if there are none.
func Median[T float64 | time.Duration | int64](values []T) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return float64(sorted[middle])
	}
	return (float64(sorted[middle-1]) + float64(sorted[middle])) / 2
}
