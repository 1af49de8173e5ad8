// Package exitcode defines the exit codes of every command.
package exitcode

import (
	"fmt"
	"io"
)

// The exit codes. All describes them to users.
const (
	Pass    = 0
	Error   = 1
	Usage   = 2
	Fail    = 3
	Invalid = 4
)

// Code is an exit code with its meaning.
type Code struct {
	Number  int
	Meaning string
}

// All returns every code in ascending order.
func All() []Code {
	return []Code{
		{Pass, "done, or ended by a signal as intended; what was tested holds"},
		{Error, "could not run, failed on the way, or was interrupted before its end"},
		{Usage, "a flag, a variable, an address or a file cannot be used; the message names it"},
		{Fail, "a threshold failed, no request succeeded, a hypothesis does not hold or is not significant, a run is worse than its baseline, or not even the lowest rate is sustained"},
		{Invalid, "the measurement is invalid, so its figures prove nothing; two runs cannot be compared"},
	}
}

// WriteHelp prints the codes for --help.
func WriteHelp(w io.Writer) {
	fmt.Fprintln(w, "Exit codes:")
	for _, c := range All() {
		fmt.Fprintf(w, "  %d  %s\n", c.Number, c.Meaning)
	}
}
