package input

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"loadlab/internal/decimal"
	"loadlab/internal/web/problem"
)

// raw returns the text of a parameter and whether the request or the route gave
// one that can be read. In a JSON body it must have been written as want.
func (in *Reader) raw(name string, want kind) (text string, typed, ok bool) {
	in.known = append(in.known, name)
	given, found := in.given.find(name)
	switch {
	case found && given.kind == unusable:
		return "", true, false
	case found:
		return given.text, given.kind == queryText || given.kind == want, true
	case in.preset.Has(name):
		return in.preset.Get(name), true, true
	}
	return "", true, false
}

func (in *Reader) violate(name, detail string) {
	in.violations = append(in.violations, problem.Violation{Parameter: name, Detail: detail})
}

// number reads a finite number, and refuses a JSON string that holds one.
func (in *Reader) number(name string, fallback, low, high float64, noun string) float64 {
	text, typed, ok := in.raw(name, jsonNumber)
	if !ok {
		return fallback
	}
	value, err := in.parse(name, text, noun)
	if err != nil || !typed || value < low || value > high {
		in.violate(name, fmt.Sprintf("must be %s from %s to %s", noun, plain(low), plain(high)))
		return fallback
	}
	return value
}

// parse reads a number in JSON's notation if it was given in a body, and else in
// plain decimal notation.
func (in *Reader) parse(name, text, noun string) (float64, error) {
	given, _ := in.given.find(name)
	inJSON := given.kind == jsonNumber
	switch {
	case noun == wholeNumber && inJSON:
		value, err := decimal.JSONInt(text)
		return float64(value), err
	case noun == wholeNumber:
		value, err := decimal.Int(text)
		return float64(value), err
	case inJSON:
		return strconv.ParseFloat(text, 64)
	}
	return decimal.Float(text)
}

const (
	anyNumber   = "a number"
	wholeNumber = "a whole number"
)

func plain(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

// Float reads a number from low to high.
func (in *Reader) Float(name string, fallback, low, high float64) float64 {
	return in.number(name, fallback, low, high, anyNumber)
}

// Int reads a whole number from low to high.
func (in *Reader) Int(name string, fallback, low, high int) int {
	return int(in.number(name, float64(fallback), float64(low), float64(high), wholeNumber))
}

// Millis reads a number of milliseconds, which may have a fraction, from low to high.
func (in *Reader) Millis(name string, fallback, low, high time.Duration) time.Duration {
	ms := in.number(name, milliseconds(fallback), milliseconds(low), milliseconds(high), "a number of milliseconds")
	return time.Duration(ms * float64(time.Millisecond))
}

// Bool reads true or false.
func (in *Reader) Bool(name string, fallback bool) bool {
	text, typed, ok := in.raw(name, jsonBool)
	if !ok {
		return fallback
	}
	if !typed || (text != "true" && text != "false") {
		in.violate(name, "must be true or false")
		return fallback
	}
	return text == "true"
}

// Choice reads one of allowed.
func (in *Reader) Choice(name, fallback string, allowed ...string) string {
	text, typed, ok := in.raw(name, jsonString)
	if !ok {
		return fallback
	}
	if !typed || !slices.Contains(allowed, text) {
		in.violate(name, "must be one of "+strings.Join(allowed, ", "))
		return fallback
	}
	return text
}

// Text reads a string of at most limit bytes.
func (in *Reader) Text(name, fallback string, limit int) string {
	text, typed, ok := in.raw(name, jsonString)
	if !ok {
		return fallback
	}
	if !typed {
		in.violate(name, "must be a string")
		return fallback
	}
	if !utf8.ValidString(text) {
		in.violate(name, "must be UTF-8")
		return fallback
	}
	if len(text) > limit {
		in.violate(name, fmt.Sprintf("must have at most %d bytes", limit))
		return fallback
	}
	return text
}

// Duration reads a duration with its unit, such as 30s, from low to high.
func (in *Reader) Duration(name string, fallback, low, high time.Duration) time.Duration {
	text, typed, ok := in.raw(name, jsonString)
	if !ok {
		return fallback
	}
	value, err := decimal.Duration(text)
	if err != nil || !typed || value < low || value > high {
		in.violate(name, fmt.Sprintf("must be a duration from %s to %s, such as 30s", low, high))
		return fallback
	}
	return value
}

// Has reports whether the request gives the parameter, without reading it.
func (in *Reader) Has(name string) bool {
	_, given := in.given.find(name)
	return given || in.preset.Has(name)
}

// Skip takes the parameters as known without reading them, because another
// problem makes their values meaningless.
func (in *Reader) Skip(names ...string) { in.known = append(in.known, names...) }

// Violate reports a parameter whose value does not fit the others.
func (in *Reader) Violate(name, detail string) { in.violate(name, detail) }

// Err returns nil, or the problem that lists every parameter that is wrong or
// that the route does not have. It is called after all have been read.
func (in *Reader) Err() error {
	if in.fatal != nil {
		return in.fatal
	}
	for _, given := range in.given {
		if name := given.name; given.kind != unusable && !slices.Contains(in.known, name) {
			in.violate(name, in.unknownDetail())
		}
	}
	for name := range in.preset {
		if !slices.Contains(in.known, name) {
			in.violate(name, in.unknownDetail())
		}
	}
	if len(in.violations) == 0 {
		return nil
	}
	return problem.InvalidParameters(in.violations)
}

func (in *Reader) unknownDetail() string {
	if len(in.known) == 0 {
		return "is not a parameter; this route has none"
	}
	return "is not a parameter of this route; it has " + strings.Join(slices.Compact(slices.Sorted(slices.Values(in.known))), ", ")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
