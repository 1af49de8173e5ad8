package screen

import "strings"

// How much a line matters if there is not enough room.
const (
	least = iota
	blankLine
	detail
	most
)

// Colours of SGR, none if 0.
const (
	plain  = 0
	bold   = 1
	red    = 31
	green  = 32
	yellow = 33
)

// A line of the screen. Its text has no control characters once it is rendered.
type line struct {
	text   string
	colour int
	weight int
}

// render is the line in at most columns columns.
func (l line) render(columns int, colours bool) string {
	text := strings.TrimRight(clip(printable(l.text), columns), " ")
	if !colours || l.colour == plain || text == "" {
		return text
	}
	return "\x1b[" + map[int]string{bold: "1", red: "31", green: "32", yellow: "33"}[l.colour] + "m" + text + "\x1b[0m"
}

// printable leaves of a text what is one column wide on every terminal: servers choose parts of it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= ' ' && r < 0x7f || r == 'µ' {
			return r
		}
		return '?'
	}, text)
}

// clip is the text in at most columns columns; one that is longer ends with ">".
func clip(text string, columns int) string {
	runes := []rune(text)
	if len(runes) <= columns {
		return text
	}
	if columns < 1 {
		return ""
	}
	return string(runes[:columns-1]) + ">"
}
