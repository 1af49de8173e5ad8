package check

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"
)

// Fault is what is wrong at one place of a file.
type Fault struct {
	Line, Column int // from 1
	Reason       string
}

// File is a scenario file with its faults in the order of their lines.
type File struct {
	Faults []Fault
	// Defaults are the values of known variables, by their flags.
	Defaults map[string]string

	lines  map[string]position // of the defaults, by their flags
	phases map[string]position // by the names that a plan gives them
	hosts  map[string]position // the first target of each
}

type position struct{ line, column int }

func (f *File) sort() {
	slices.SortStableFunc(f.Faults, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
}

// unreadable adds the error of a parser, at the place that it names.
func (f *File) unreadable(err error) {
	var at yaml.Error
	if errors.As(err, &at) {
		f.Faults = append(f.Faults, Fault{max(1, at.GetToken().Position.Line), max(1, at.GetToken().Position.Column), at.GetMessage()})
		return
	}
	f.add(nil, "%s", strings.TrimPrefix(err.Error(), "read scenario: "))
}

// add notes a fault at a token, or at the beginning of the file.
func (f *File) add(at *token.Token, format string, args ...any) {
	p := place(at)
	f.Faults = append(f.Faults, Fault{p.line, p.column, fmt.Sprintf(format, args...)})
}

func place(at *token.Token) position {
	if at == nil || at.Position == nil {
		return position{1, 1}
	}
	return position{at.Position.Line, at.Position.Column}
}

// AddDefault notes what is wrong with the value of a variable, at the line of its flag if the file sets it.
func (f *File) AddDefault(flag, reason string) {
	p, known := f.lines[flag]
	if !known {
		p = position{1, 1}
		reason = "--" + flag + ", which the file does not set: " + reason
	}
	f.Faults = append(f.Faults, Fault{p.line, p.column, reason})
	f.sort()
}

// How the faults of a plan name a phase or a host.
var (
	ofPhase = regexp.MustCompile(`^phase "([^"]*)": `)
	ofHost  = regexp.MustCompile(`^target host "([^"]*)" `)
)

// AddPlan notes the faults of the plan that the file describes, each at its phase or target.
func (f *File) AddPlan(err error) {
	for reason := range strings.SplitSeq(err.Error(), "\n") {
		at := position{1, 1}
		if named := ofPhase.FindStringSubmatch(reason); named != nil && f.phases[named[1]].line > 0 {
			at = f.phases[named[1]]
		}
		if named := ofHost.FindStringSubmatch(reason); named != nil && f.hosts[named[1]].line > 0 {
			at = f.hosts[named[1]]
		}
		f.Faults = append(f.Faults, Fault{at.line, at.column, reason})
	}
	f.sort()
}
