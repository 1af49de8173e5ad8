// Package textwrap breaks text into lines of a terminal.
package textwrap

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// Lines are the lines of text, of at most width characters unless a word is longer.
func Lines(text string, width int) iter.Seq[string] {
	return func(yield func(string) bool) {
		line := ""
		for word := range strings.FieldsSeq(text) {
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				if !yield(line) {
					return
				}
				line = ""
			}
			line = strings.TrimSpace(line + " " + word)
		}
		yield(line)
	}
}
