package target

import (
	"fmt"
	"strings"
)

// parseLines reads the lines below a target that belong to it, and returns how long they are: headers, then a body.
//
//	POST http://host/items
//	Authorization: Bearer abc; d
//	@item.json
func parseLines(t Target, text string, read ReadFile) (_ Target, length int, err error) {
	more := false
	for strings.HasPrefix(text[length:], "\n") {
		begin := length + 1
		end := begin + endOf(text[begin:], "\n")
		line := strings.TrimSpace(text[begin:end])
		if !isHeader(line) {
			break
		}
		h, wrong := ParseHeader(line)
		if wrong != nil && err == nil {
			err = wrong
		}
		t.Headers = append(t.Headers, h)
		more, length = true, end
	}
	if begin := length + 1; t.Body == "" && length < len(text) && text[length] == '\n' && begin < len(text) && strings.ContainsRune("@{[", rune(text[begin])) {
		size, wrong := parseBody(&t, text[begin:], read)
		if wrong != nil && err == nil {
			err = wrong
		}
		more, length = true, begin+size
	}
	if err != nil || !more {
		return t, length, err
	}
	t, err = New(t)
	return t, length, err
}

// ParseHeader reads "Name: value" and checks it. Whatever follows the first colon is the value, without the white space around it.
func ParseHeader(text string) (Header, error) {
	name, value, ok := strings.Cut(text, ":")
	h := Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
	if !ok {
		return h, fmt.Errorf("%q is not Name: value", short(text))
	}
	return h, h.check()
}
