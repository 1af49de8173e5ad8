package cause

import (
	"regexp"
	"strings"
)

// maxText bounds a text, in bytes.
const maxText = 200

var (
	quoted = regexp.MustCompile(`"(\\.|[^"\\])*"?`)
	number = regexp.MustCompile(`\b[0-9]+\b`)
)

// general makes the texts of errors of one kind equal: it leaves out what a server sent, and numbers.
func general(text string) string {
	text = strings.TrimPrefix(strings.TrimSpace(text), "net/http: HTTP/1.x transport connection broken: ")
	text = strings.TrimPrefix(text, "net/http: ")
	if len(text) > 10*maxText {
		text = text[:10*maxText]
	}
	text = number.ReplaceAllString(quoted.ReplaceAllString(text, `"..."`), "N")
	return bounded(text)
}

// bounded is text in one line of limited length.
func bounded(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\ufffd' {
			return -1
		}
		return r
	}, text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "..."
	}
	return text
}
