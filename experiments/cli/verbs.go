package cli

import (
	"context"
	"slices"
	"strings"
)

// Verb is a command that Run executes.
type Verb struct {
	Name      string
	Arguments string // as --help names them; empty if there are none
	Help      string
	run       func(Command, context.Context, []string) int
}

// Verbs returns every command of experiments in the order of --help.
func Verbs() []Verb {
	return []Verb{
		{"list", "", "lists the experiments", Command.list},
		{"explain", "NAME", "prints the question, the theory and the checks of an experiment", Command.explain},
		{"run", "NAME...", "runs experiments, with the services that they need; --all, --quick, --out FOLDER", Command.run},
		{"compare", "A B", "compares two results of an experiment; --html FILE", Command.compare},
		{"max", "TARGET", "finds the highest rate at which a service keeps its objectives; --slo 'p99<50ms'", Command.max},
	}
}

// IsVerb reports whether word is the name of one of Verbs.
func IsVerb(word string) bool {
	return slices.ContainsFunc(Verbs(), func(v Verb) bool { return v.Name == word })
}

// Usage is how the command line calls v.
func (v Verb) Usage() string { return strings.TrimSpace(v.Name + " " + v.Arguments) }

func names() string {
	var all []string
	for _, v := range Verbs() {
		all = append(all, v.Name)
	}
	return strings.Join(all, ", ")
}
