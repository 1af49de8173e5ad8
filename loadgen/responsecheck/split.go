package responsecheck

import (
	"errors"
	"strings"
)

// ParseList reads checks that are separated by semicolons or line breaks, which mean nothing in strings. The error names every
// check that cannot be used.
func ParseList(text string) ([]*Check, error) {
	var all []*Check
	var errs []error
	for _, one := range split(text) {
		c, err := Parse(one)
		errs = append(errs, err)
		all = append(all, c)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return all, nil
}

// split leaves out what is empty.
func split(text string) []string {
	var parts []string
	add := func(part string) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	from, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == ';' || c == '\n':
			add(text[from:i])
			from = i + 1
		}
	}
	add(text[from:])
	return parts
}
