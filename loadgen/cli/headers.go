package cli

import (
	"fmt"
	"regexp"
	"strings"

	"loadlab/loadgen/target"
)

// nextHeader is a semicolon that separates two headers: a name and its colon follow. In "Cookie: a=1; b=2"
// none does, and the one before the scheme of a URL does not either.
var nextHeader = regexp.MustCompile(`;[ \t]*(?:$|([A-Za-z0-9!#$%&'*+.^_|~` + "`" + `-]+:)(?:[^/]|/[^/]|/?$))`)

// headers reads LOADGEN_HEADERS.
func (s *Settings) headers(problems *problems) []target.Header {
	var headers []target.Header
	for line := range strings.Lines(s.Headers) {
		for _, field := range splitHeaders(strings.TrimSpace(line)) {
			name, value, ok := strings.Cut(field, ":")
			if !ok {
				problems.add("LOADGEN_HEADERS", s.Headers, fmt.Errorf("%q is not Name: value", field))
			}
			headers = append(headers, target.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
		}
	}
	return headers
}

// splitHeaders splits a line at the semicolons that separate headers.
func splitHeaders(line string) []string {
	var fields []string
	for line != "" {
		end, next := len(line), len(line)
		if at := nextHeader.FindStringSubmatchIndex(line); at != nil {
			if end = at[0]; at[2] >= 0 {
				next = at[2]
			}
		}
		if field := strings.TrimSpace(line[:end]); field != "" {
			fields = append(fields, field)
		}
		line = line[next:]
	}
	return fields
}
