package target

import (
	"errors"
	"fmt"
	"strings"

	"loadlab/internal/decimal"
)

// MaxTargets bounds the targets of one list: each has its own histograms.
const MaxTargets = 100

// Parse reads a list of targets, separated by semicolons or line breaks:
//
//	[weight*][METHOD] URL [body]
//
// as in "3*GET http://host/io/wait?ms=50; POST http://host/items {"name":"a"}".
// A semicolon within braces or brackets belongs to the body. The error names
// every target that cannot be used.
func Parse(text string) ([]Target, error) {
	var targets []Target
	var errs []error
	for _, entry := range split(text) {
		t, err := parseOne(entry)
		if err != nil {
			errs = append(errs, err)
		}
		targets = append(targets, t)
	}
	if len(targets) == 0 {
		errs = append(errs, errors.New("no target; write [weight*]METHOD URL [body], separated by semicolons"))
	}
	if len(targets) > MaxTargets {
		errs = append(errs, fmt.Errorf("%d targets, more than %d", len(targets), MaxTargets))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return targets, nil
}

func split(text string) []string {
	var entries []string
	depth, start := 0, 0
	end := func(at int) {
		if entry := strings.TrimSpace(text[start:at]); entry != "" {
			entries = append(entries, entry)
		}
		start = at + 1
	}
	for i := range len(text) {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth = max(0, depth-1)
		case ';', '\n':
			if depth == 0 {
				end(i)
			}
		}
	}
	end(len(text))
	return entries
}

func parseOne(entry string) (Target, error) {
	var t Target
	if weight, rest, ok := strings.Cut(entry, "*"); ok && !strings.ContainsAny(weight, "/:") {
		n, err := decimal.Int(strings.TrimSpace(weight))
		if err != nil || n < 1 {
			return t, fmt.Errorf("target %q: weight %q is not 1 to %d", entry, weight, MaxWeight)
		}
		t.Weight, entry = int(n), strings.TrimSpace(rest)
	}
	word, rest, _ := strings.Cut(entry, " ")
	if !strings.Contains(word, "://") {
		t.Method = strings.ToUpper(word)
		word, rest, _ = strings.Cut(strings.TrimSpace(rest), " ")
	}
	t.URL, t.Body = word, strings.TrimSpace(rest)
	return New(t)
}
