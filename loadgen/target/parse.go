package target

import (
	"errors"
	"fmt"
	"strings"

	"loadlab/internal/decimal"
)

// MaxTargets bounds the targets of one list: each has its own histograms.
const MaxTargets = 100

// Parse reads a list of targets without bodies in files; see ParseWith.
func Parse(text string) ([]Target, error) {
	return ParseWith(text, func(string) (string, error) {
		return "", errors.New("a body in a file is possible only among the targets of a command line")
	})
}

// ParseWith reads a list of targets, separated by semicolons or line breaks:
//
//	[weight*][METHOD] URL [body]
//
// as in "3*GET http://host/io/wait?ms=50; POST http://host/items {"name":"a"}".
// Lines below a target with headers, then perhaps a body, belong to it (as in parseLines).
// A body is a JSON object or array, in which separators, quotes and brackets of strings mean
// nothing, or @file, whose content read returns. The error names every target that cannot be used.
func ParseWith(text string, read ReadFile) ([]Target, error) {
	var targets []Target
	var errs []error
	for {
		text = strings.TrimLeft(text, " \t\r\n;")
		if text == "" {
			break
		}
		t, length, err := parseOne(text, read)
		text = text[length:]
		own, lines, wrong := parseLines(t, text, read)
		switch {
		case err != nil:
			errs = append(errs, err)
		case wrong != nil:
			errs = append(errs, fmt.Errorf("target %q: %w", t.Method+" "+t.URL, wrong))
		}
		targets = append(targets, own)
		text = text[lines:]
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

// parseOne reads the target at the beginning of text and returns how many bytes belong to it.
func parseOne(text string, read ReadFile) (t Target, length int, err error) {
	end := endOf(text, separators)
	head, body := cutURL(text[:end])
	if t, err = parseHead(head); err != nil {
		return t, end, err
	}
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("target %q: %w", head, fmt.Errorf(format, args...))
	}
	switch rest := text[body:end]; {
	case rest == "":
	case strings.ContainsRune("@{[", rune(rest[0])):
		size, err := parseBody(&t, text[body:], read)
		if end = body + size; err != nil {
			return t, end, wrong("%w", err)
		}
	default:
		return t, end, wrong("text %q after the URL is no body; a body is a JSON object or array, or @file", short(strings.TrimSpace(rest)))
	}
	t, err = New(t)
	return t, end, err
}

// cutURL returns an entry until the end of its URL, and where what follows begins.
func cutURL(entry string) (head string, next int) {
	scheme := strings.Index(entry, "://")
	if scheme < 0 {
		return entry, len(entry)
	}
	at := scheme + endOf(entry[scheme:], blank)
	return entry[:at], at + len(entry[at:]) - len(strings.TrimLeft(entry[at:], blank+"\r"))
}

// parseHead reads [weight*][METHOD] URL.
func parseHead(head string) (Target, error) {
	var t Target
	if isHeader(head) {
		return t, fmt.Errorf("header %q comes before its target", short(head))
	}
	text := head
	if weight, rest, ok := strings.Cut(text, "*"); ok && !strings.ContainsAny(weight, "/:") {
		n, err := decimal.Int(strings.TrimSpace(weight))
		if err != nil || n < 1 {
			return t, fmt.Errorf("target %q: weight %q is not 1 to %d", head, weight, MaxWeight)
		}
		t.Weight, text = int(n), rest
	}
	words := strings.FieldsFunc(strings.TrimSpace(text), func(r rune) bool { return strings.ContainsRune(blank, r) })
	switch {
	case len(words) == 1 && strings.Contains(words[0], "://"):
		t.URL = words[0]
	case len(words) == 2:
		t.Method, t.URL = strings.ToUpper(words[0]), words[1]
	default:
		return t, fmt.Errorf("target %q is not [weight*][METHOD] URL [body]; write %%3B for a semicolon within a URL", head)
	}
	return t, nil
}
