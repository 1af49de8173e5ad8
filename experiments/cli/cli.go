// Package cli is the command line of experiments.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"loadlab/experiments"
	"loadlab/internal/env"
)

// Command is one call of the command line.
type Command struct {
	Program        string   // by which the user called it, such as "lab"
	Args           []string // run, list or explain with what follows
	Getenv         env.Getenv
	Stdout, Stderr io.Writer
}

// Exit codes beside those of a verdict.
const (
	couldNotRun = 1
	wrongInput  = 2
)

// Verbs are the words that Run takes as the first argument.
func Verbs() []string { return []string{"run", "list", "explain"} }

// Run executes the command and returns its exit code: 0 the hypothesis holds, 1
// could not run or was interrupted, 2 wrong arguments or file, 3 does not hold
// or not significant, 4 invalid.
func (c Command) Run(ctx context.Context) int {
	if len(c.Args) == 0 {
		return c.wrong(fmt.Errorf("say one of %s", strings.Join(Verbs(), ", ")))
	}
	switch c.Args[0] {
	case "run":
		return c.run(ctx, c.Args[1:])
	case "list":
		return c.list()
	case "explain":
		return c.explain(c.Args[1:])
	}
	return c.wrong(fmt.Errorf("%q is not one of %s", c.Args[0], strings.Join(Verbs(), ", ")))
}

func (c Command) fail(code int, err error) int {
	fmt.Fprintln(c.Stderr, err)
	return code
}

func (c Command) wrong(err error) int { return c.fail(wrongInput, err) }

func (c Command) list() int {
	all, err := experiments.List()
	if err != nil {
		return c.fail(couldNotRun, err)
	}
	for _, d := range all {
		fmt.Fprintf(c.Stdout, "%-22s %s\n", d.Name, d.Question)
	}
	return 0
}

func (c Command) explain(args []string) int {
	if len(args) != 1 {
		return c.wrong(errors.New("explain takes the name of one experiment"))
	}
	text, err := experiments.Explain(args[0])
	if err != nil {
		return c.wrong(err)
	}
	fmt.Fprint(c.Stdout, text)
	return 0
}

// given are the constants that the user sets.
type given map[string]float64

// String is the flag's default, which is empty.
func (g given) String() string { return "" }

// Set reads NAME=NUMBER.
func (g given) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	number, err := strconv.ParseFloat(value, 64)
	if !found || err != nil {
		return fmt.Errorf("%q is not NAME=NUMBER", text)
	}
	g[name] = number
	return nil
}

func (c Command) run(ctx context.Context, args []string) int {
	options := experiments.Options{Given: given{}, Seed: 1, Command: c.Program + " run " + strings.Join(args, " ")}
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(c.Stderr)
	flags.BoolVar(&options.Quick, "quick", false, "one short round: no intervals")
	flags.Var(given(options.Given), "given", "replace a constant, as NAME=NUMBER; may be repeated")
	flags.Uint64Var(&options.Seed, "seed", options.Seed, "of random arrivals")
	folder := flags.String("out", c.Getenv("LOADGEN_REPORT_DIR"), "folder for the result as JSON and HTML")
	if err := flags.Parse(args); err != nil {
		return wrongInput
	}
	if flags.NArg() != 1 {
		return c.wrong(errors.New("run takes flags, then the name of one experiment or its file"))
	}
	d, err := find(flags.Arg(0))
	if err != nil {
		return c.wrong(err)
	}
	where, err := experiments.ReadEnv(d, c.Getenv)
	if err != nil {
		return c.wrong(err)
	}
	options.Progress = func(next string, left time.Duration) {
		fmt.Fprintf(c.Stderr, "%s, about %v left\n", next, left.Round(time.Second))
	}
	result, err := experiments.Run(ctx, d, where, options)
	if err != nil {
		return c.fail(couldNotRun, err)
	}
	result.WriteText(c.Stdout)
	if *folder != "" {
		if err := write(*folder, result); err != nil {
			return c.fail(couldNotRun, err)
		}
	}
	return result.Verdict.ExitCode()
}

// find reads a file when name looks like one.
func find(name string) (*experiments.Definition, error) {
	if !strings.HasSuffix(name, ".yaml") {
		return experiments.Find(name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read experiment: %w", err)
	}
	return experiments.Parse(name, data)
}

func write(folder string, r *experiments.Result) error {
	for _, form := range []struct {
		ending string
		write  func(io.Writer) error
	}{{".json", r.WriteJSON}, {".html", r.WriteHTML}} {
		file, err := os.Create(filepath.Join(folder, r.ID+form.ending))
		if err != nil {
			return fmt.Errorf("keep result: %w", err)
		}
		if err := errors.Join(form.write(file), file.Close()); err != nil {
			return fmt.Errorf("keep result: %w", err)
		}
	}
	return nil
}
