// Package screen shows the state of a run on a terminal.
package screen

import (
	"fmt"
	"io"
	"strings"
	"time"

	"loadlab/loadgen"
	"loadlab/loadgen/report"
)

// Size of a terminal that does not say how large it is.
const (
	defaultColumns = 80
	defaultRows    = 24
)

// A Screen draws the state of a run in place: each drawing replaces the last.
type Screen struct {
	out     io.Writer
	size    func() (columns, rows int, err error)
	colours bool
	goal    Goal

	drawn         int // lines on the terminal
	columns, rows int // of the terminal when they were drawn
}

// A Goal is what ends a run. The zero value is a run without a known end.
type Goal struct {
	Length   time.Duration
	Requests int
}

// New returns a screen on out, whose size is asked before each drawing.
func New(out io.Writer, size func() (columns, rows int, err error), colours bool, goal Goal) *Screen {
	return &Screen{out: out, size: size, colours: colours, goal: goal}
}

// Draw shows the state of the run: the last interval and the report so far.
func (s *Screen) Draw(now loadgen.Snapshot, soFar *report.Report) {
	columns, rows, err := s.size()
	if err != nil || columns <= 0 || rows <= 0 {
		columns, rows = defaultColumns, defaultRows
	}
	start := s.erase()
	if s.drawn > 0 && (columns != s.columns || rows != s.rows) {
		start = "\x1b[H\x1b[2J" // the terminal may have wrapped the lines anew, so where they begin is unknown
	}
	// A column stays free: some terminals begin a new line after the last one. So does a row, for the cursor.
	lines := fit(s.lines(now, soFar, columns-1), rows-1)
	var text strings.Builder
	text.WriteString(start)
	for _, l := range lines {
		text.WriteString(l.render(columns-1, s.colours) + "\r\n")
	}
	s.drawn, s.columns, s.rows = len(lines), columns, rows
	_, _ = io.WriteString(s.out, text.String()) // a terminal that has gone away ends the run by its signal
}

// Clear removes what is drawn.
func (s *Screen) Clear() {
	_, _ = io.WriteString(s.out, s.erase())
	s.drawn = 0
}

// erase goes back to where the drawing began, and clears from there.
func (s *Screen) erase() string {
	if s.drawn == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", s.drawn)
}

// fit leaves out lines that matter least until there is room for the others.
func fit(lines []line, rows int) []line {
	for weight := least; len(lines) > max(1, rows) && weight < most; weight++ {
		for i := len(lines) - 1; i >= 0 && len(lines) > max(1, rows); i-- {
			if lines[i].weight == weight {
				lines = append(lines[:i], lines[i+1:]...)
			}
		}
	}
	return lines[:min(len(lines), max(1, rows))]
}
