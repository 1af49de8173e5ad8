package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"loadlab/loadgen/target"
)

// nextHeader is a semicolon that separates two headers: a name and its colon follow. In "Cookie: a=1; b=2"
// none does, and the one before the scheme of a URL does not either.
var nextHeader = regexp.MustCompile(`;[ \t]*(?:$|([A-Za-z0-9!#$%&'*+.^_|~` + "`" + `-]+:)(?:[^/]|/[^/]|/?$))`)

// headers reads LOADGEN_HEADERS, and those of the command line, which outrank it.
func (s *Settings) headers(src *source, problems *problems) []target.Header {
	var headers []target.Header
	for _, field := range src.headers {
		h, err := target.ParseHeader(field)
		problems.add("--"+headerOption, field, err)
		if err == nil {
			headers = append(headers, h)
		}
	}
	given := len(headers)
	for line := range strings.Lines(s.Headers) {
		for _, field := range splitHeaders(strings.TrimSpace(line)) {
			name, value, ok := strings.Cut(field, ":")
			if !ok {
				problems.add("LOADGEN_HEADERS", s.Headers, fmt.Errorf("%q is not Name: value", field))
			}
			h := target.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
			if !slices.ContainsFunc(headers[:given], h.SameName) {
				headers = append(headers, h)
			}
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
