package screen_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/vt"

	"loadlab/loadgen"
	"loadlab/loadgen/plan"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
	"loadlab/loadgen/screen"
)

// A terminal is an emulated one with a size that can change.
type terminal struct {
	*vt.Emulator
	columns, rows int
	err           error
	raw           strings.Builder
}

func newTerminal(columns, rows int) *terminal {
	return &terminal{Emulator: vt.NewEmulator(columns, rows), columns: columns, rows: rows}
}

func (t *terminal) Write(p []byte) (int, error) {
	t.raw.Write(p)
	return t.Emulator.Write(p)
}

// WriteString is for io.WriteString, which would else find that of the emulator.
func (t *terminal) WriteString(text string) (int, error) { return t.Write([]byte(text)) }

func (t *terminal) size() (columns, rows int, err error) { return t.columns, t.rows, t.err }

func (t *terminal) resize(columns, rows int) {
	t.columns, t.rows = columns, rows
	t.Resize(columns, rows)
}

// shown are the lines on the terminal, without blanks at their ends and without empty lines at the end.
func (t *terminal) shown() []string {
	lines := strings.Split(t.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// state is a run after so many seconds, of which some requests failed.
func state(loop plan.Loop, seconds int, cause string) (loadgen.Snapshot, *report.Report) {
	hdr := record.NewHDR()
	for i := range 1000 * seconds {
		_ = hdr.RecordValue(int64(time.Millisecond) + int64(i%1000)*int64(10*time.Microsecond)) // within the bounds
	}
	times := report.NewTimes(hdr, time.Duration(hdr.Mean())*time.Duration(hdr.TotalCount()))
	n := uint64(1000 * seconds)
	now := loadgen.Snapshot{
		Elapsed: time.Duration(seconds) * time.Second, Rate: 1001.5, InFlight: 7, LagP50: 12 * time.Microsecond, LagP99: 45 * time.Microsecond,
		State: loadgen.State{Phase: "load", Loop: loop, Rate: 1000, Concurrency: 10},
	}
	r := &report.Report{Completed: n, AchievedRate: 1000, Response: times, ResponseOK: times, Dropped: map[string]uint64{}}
	target := report.Target{Name: "GET /", Completed: n, Outcomes: map[string]uint64{"ok": n}, Status: map[int]uint64{200: n}}
	if cause != "" {
		target.Outcomes["ok"] -= 3
		target.Failures = []record.Failure{{Outcome: "protocol_error", Cause: cause, Count: 3}}
		target.Status[200] -= 3
		r.Dropped["deadline"] = 2
	}
	r.Targets = []report.Target{target}
	return now, r
}

func TestTheScreen(t *testing.T) {
	for _, row := range []struct{ columns, rows int }{{80, 24}, {40, 24}, {40, 10}, {200, 60}, {20, 5}, {10, 2}, {1, 1}} {
		t.Run(fmt.Sprintf("%dx%d", row.columns, row.rows), func(t *testing.T) {
			term := newTerminal(row.columns, row.rows)
			s := screen.New(term, term.size, true, screen.Goal{Length: 10 * time.Second})
			for second := 1; second <= 4; second++ {
				s.Draw(state(plan.Open, second, "malformed status line"))
			}
			lines := term.shown()
			text := strings.Join(lines, "\n")
			t.Logf("\n%s", text)
			for _, l := range lines {
				if utf8.RuneCountInString(l) >= max(2, row.columns) {
					t.Errorf("no column is free: %q", l)
				}
			}
			if strings.Count(text, "loadgen ") > 1 || len(lines) > max(1, row.rows-1) {
				t.Errorf("%d lines, not redrawn in place", len(lines))
			}
			if row.columns < 40 || row.rows < 24 {
				return
			}
			wants := []string{
				"loadgen    load, open loop, 1000/s", " 4s of 10s", "rate       1001.5/s now, 1000.0/s mean", "requests   4000 done, 7 in flight", "p50 5.99ms", "p99 10.9ms", "max 11ms",
				"statuses   200: 3997", "failed     3 (0.075 %)", "  3 x protocol_error: malformed", "dropped    2", "lag        p50 12µs, p99 45µs", "###",
			}
			for _, want := range wants {
				if !strings.Contains(text, want) {
					t.Errorf("no %q", want)
				}
			}
		})
	}
}

func TestProgress(t *testing.T) {
	for _, row := range []struct {
		goal screen.Goal
		want string
	}{
		{screen.Goal{Length: 8 * time.Second}, "[" + strings.Repeat("=", 25) + strings.Repeat(" ", 25) + "] 4s of 8s"},
		{screen.Goal{Length: 3 * time.Second}, "[" + strings.Repeat("=", 50) + "] 3s of 3s"},
		{screen.Goal{Requests: 16000}, "============ "},
		{screen.Goal{Requests: 16000}, " 4000 of 16000"},
		{screen.Goal{}, "elapsed    4s, until a signal (Ctrl-C)"},
	} {
		term := newTerminal(80, 24)
		screen.New(term, term.size, false, row.goal).Draw(state(plan.Closed, 4, ""))
		if text := strings.Join(term.shown(), "\n"); !strings.Contains(text, row.want) || !strings.Contains(text, "closed loop, 10 at a time") {
			t.Errorf("no %q in\n%s", row.want, text)
		}
	}
}

// A terminal that gets another size has one drawing, and all of it, after the next second.
func TestAfterAResize(t *testing.T) {
	for _, to := range []struct{ columns, rows int }{{40, 24}, {120, 24}, {80, 12}, {80, 50}, {30, 40}} {
		term := newTerminal(80, 24)
		s := screen.New(term, term.size, true, screen.Goal{})
		s.Draw(state(plan.Closed, 1, ""))
		term.resize(to.columns, to.rows)
		s.Draw(state(plan.Closed, 2, ""))
		s.Draw(state(plan.Closed, 3, ""))
		text := strings.Join(term.shown(), "\n")
		if strings.Count(text, "loadgen ") != 1 || !strings.HasPrefix(text, "loadgen ") || !strings.Contains(text, "3000 done") || strings.Contains(text, "2000 done") {
			t.Errorf("%v:\n%s", to, text)
		}
	}
}

// What was on the terminal before stays, and the drawing goes at the end.
func TestOnlyTheDrawingIsErased(t *testing.T) {
	term := newTerminal(80, 24)
	fmt.Fprint(term, "$ loadgen URL\r\n")
	s := screen.New(term, term.size, true, screen.Goal{})
	s.Clear()
	s.Draw(state(plan.Closed, 1, "refused"))
	s.Draw(state(plan.Closed, 2, ""))
	s.Clear()
	fmt.Fprint(term, "valid      yes\r\n")
	if got := strings.Join(term.shown(), "\n"); got != "$ loadgen URL\nvalid      yes" {
		t.Errorf("got\n%s", got)
	}
}

// A drawing at the bottom scrolls once, then is redrawn in place.
func TestAtTheBottomOfATerminal(t *testing.T) {
	term := newTerminal(80, 24)
	fmt.Fprint(term, strings.Repeat("before\r\n", 23))
	s := screen.New(term, term.size, true, screen.Goal{})
	for second := 1; second <= 5; second++ {
		s.Draw(state(plan.Open, second, "refused"))
	}
	if text := strings.Join(term.shown(), "\n"); strings.Count(text, "loadgen ") != 1 || !strings.Contains(text, "5000 done") {
		t.Errorf("got\n%s", text)
	}
}

func TestColours(t *testing.T) {
	for _, colours := range []bool{true, false} {
		term := newTerminal(80, 24)
		screen.New(term, term.size, colours, screen.Goal{}).Draw(state(plan.Open, 1, "refused"))
		if got := strings.Contains(term.raw.String(), "\x1b[31m"); got != colours {
			t.Errorf("red is %v, want %v", got, colours)
		}
		if !colours && strings.Contains(term.raw.String(), "\x1b[") {
			t.Errorf("a sequence in %q", term.raw.String())
		}
	}
}

// Servers choose parts of what is shown: it must not steer the terminal, nor be wider than it seems.
func TestTextOfServersIsHarmless(t *testing.T) {
	for _, cause := range []string{"\x1b[2J\x1b[H", "\x9b2J", "a\rb\nc\td", "\x1b]0;title\a", "\u202eabc", "漢字漢字漢字", "e\u0301\u0301", "\u2028", "bad \xff\xfe"} {
		term := newTerminal(40, 24)
		s := screen.New(term, term.size, false, screen.Goal{})
		s.Draw(state(plan.Open, 1, cause))
		if raw := strings.ReplaceAll(term.raw.String(), "\r\n", ""); strings.ContainsFunc(raw, func(r rune) bool { return r != 'µ' && (r < ' ' || r >= 0x7f) }) {
			t.Errorf("%q is shown as %q", cause, raw)
		}
		before := len(term.shown())
		s.Draw(state(plan.Open, 2, cause))
		if after := term.shown(); len(after) != before || !strings.HasPrefix(after[0], "loadgen ") {
			t.Errorf("%q: %d lines, then %q", cause, before, after)
		}
	}
}

func TestATerminalWithoutASize(t *testing.T) {
	term := newTerminal(80, 24)
	for _, err := range []error{nil, errors.New("no size")} {
		term.columns, term.rows, term.err = 0, 0, err
		screen.New(term, term.size, false, screen.Goal{}).Draw(state(plan.Open, 1, ""))
	}
	if text := strings.Join(term.shown(), "\n"); !strings.Contains(text, "1000 done") {
		t.Errorf("got\n%s", text)
	}
}

// A run of which nothing is known yet.
func TestAnEmptyRun(t *testing.T) {
	term := newTerminal(80, 24)
	times := report.NewTimes(record.NewHDR(), 0)
	screen.New(term, term.size, false, screen.Goal{Requests: 5}).Draw(loadgen.Snapshot{}, &report.Report{Response: times})
	if text := strings.Join(term.shown(), "\n"); !strings.Contains(text, "0 done") {
		t.Errorf("got\n%s", text)
	}
}
