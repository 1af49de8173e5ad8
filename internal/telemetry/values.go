package telemetry

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// only returns an error that names the first of names that is not allowed.
func only(names []string, most int, allowed ...string) error {
	for _, name := range names {
		if !slices.Contains(allowed, name) {
			return errors.New(strconv.Quote(name) + " is not supported (allowed: " + strings.Join(allowed, ", ") + ")")
		}
	}
	if len(names) > most {
		return errors.New("only one exporter is supported")
	}
	return nil
}

// milliseconds is n ms, or otherwise where n was not read from an environment.
func milliseconds(n int, otherwise time.Duration) time.Duration {
	return cmp.Or(time.Duration(n)*time.Millisecond, otherwise)
}

// truth is a boolean of the specification, for which only true is true.
type truth bool

// UnmarshalText accepts true and false in any case.
func (b *truth) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "true":
		*b = true
	case "false":
		*b = false
	default:
		return errors.New("not a truth value; allowed are true and false")
	}
	return nil
}
