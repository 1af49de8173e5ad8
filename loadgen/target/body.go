package target

import (
	"fmt"
	"strings"
)

// ReadFile returns the content of the file that a target takes its body from; "-" is the standard input.
type ReadFile func(name string) (string, error)

const (
	separators = ";\n"
	blank      = " \t"
)

// parseBody reads the body at the beginning of text, and returns where the target ends.
func parseBody(t *Target, text string, read ReadFile) (end int, err error) {
	if text[0] == '@' {
		end = endOf(text, separators)
		name := strings.TrimSpace(text[1:end])
		if t.Body, err = read(name); err != nil {
			return end, fmt.Errorf("body of file %q: %w", name, err)
		}
		return end, nil
	}
	size, err := jsonLength(text)
	if err != nil {
		return len(text), err // where the next target begins is unknown
	}
	t.Body, end = text[:size], size+endOf(text[size:], separators)
	if after := strings.TrimSpace(text[size:end]); after != "" {
		return end, fmt.Errorf("text %q after the body; separate targets by semicolons or line breaks", short(after))
	}
	return end, nil
}

// endOf is where the first of the characters is, or the end of text.
func endOf(text, characters string) int {
	if at := strings.IndexAny(text, characters); at >= 0 {
		return at
	}
	return len(text)
}

// jsonLength is the length of the JSON object or array at the beginning of text. Its values need not be JSON, because
// they may be placeholders, but brackets and quotes must match.
func jsonLength(text string) (int, error) {
	var open []byte // the brackets that close those that are open
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{':
			open = append(open, '}')
		case c == '[':
			open = append(open, ']')
		case c == '}' || c == ']':
			if open[len(open)-1] != c {
				return 0, fmt.Errorf("body: %q closes another bracket", text[:i+1])
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				return i + 1, nil
			}
		}
	}
	if inString {
		return 0, fmt.Errorf("body %q has a quote without an end", short(text))
	}
	return 0, fmt.Errorf("body %q has a bracket without an end", short(text))
}

// short is text as an error quotes it.
func short(text string) string {
	const most = 60
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
