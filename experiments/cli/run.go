package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"loadlab/experiments/catalog"
	"loadlab/experiments/definition"
	"loadlab/experiments/page"
	"loadlab/experiments/result"
	"loadlab/experiments/run"
	"loadlab/internal/decimal"
	"loadlab/internal/exitcode"
)

// settings are the flags of run.
type settings struct {
	options run.Options
	all     bool
	text    result.Text
	events  bool   // as JSON lines instead of text
	folder  string // for results; empty for none
	table   string // the file whose table is replaced; empty for none
	names   []string
}

// given are the constants that the user sets.
type given map[string]float64

// String is the flag's default, which is empty.
func (g given) String() string { return "" }

// Set reads NAME=NUMBER.
func (g given) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	number, err := decimal.Scientific(value)
	if !found || err != nil {
		return fmt.Errorf("%q is not NAME=NUMBER", text)
	}
	g[name] = number
	return nil
}

// parse reads flags and names in any order.
func (c Command) parse(args []string) (settings, error) {
	s := settings{options: run.Options{Given: given{}}, text: result.Text{Colours: c.Colours}}
	flags := flag.NewFlagSet(c.Program+" run", flag.ContinueOnError)
	flags.SetOutput(c.Stderr)
	flags.BoolVar(&s.all, "all", false, "every experiment of the catalog")
	flags.BoolVar(&s.options.Quick, "quick", false, "one round of shorter loads: no intervals, and more noise")
	flags.Var(given(s.options.Given), "given", "replace a constant, as NAME=NUMBER; may be repeated")
	flags.Uint64Var(&s.options.Seed, "seed", 1, "of random arrivals")
	flags.StringVar(&s.folder, "out", c.Getenv("LOADGEN_REPORT_DIR"), "folder for each result as JSON and HTML; made if it is missing")
	flags.BoolVar(&s.events, "events", false, "what happens as lines of JSON on standard output, for another program, instead of text")
	flags.BoolVar(&s.text.Rounds, "v", false, "every round with the parts of its time, not the means alone")
	flags.StringVar(&s.table, "table", "", "file in which the table of verdicts is replaced, between its two markers")
	decimal.Flags(flags)
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return s, err
		}
		if args = flags.Args(); len(args) > 0 {
			s.names, args = append(s.names, args[0]), args[1:]
		}
	}
	if s.all == (len(s.names) > 0) {
		return s, errors.New("run takes flags with names of experiments or of their files, or --all")
	}
	return s, nil
}

// definitions finds every experiment before the first is run.
func (s *settings) definitions() ([]*definition.Definition, error) {
	if s.all {
		return catalog.List()
	}
	var all []*definition.Definition
	var errs []error
	for _, name := range s.names {
		d, err := find(name)
		if err != nil {
			errs = append(errs, err)
		}
		all = append(all, d)
	}
	return all, errors.Join(errs...)
}

func (c Command) run(ctx context.Context, args []string) int {
	s, err := c.parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitcode.Pass
	case err != nil:
		return c.wrong(err)
	}
	all, err := s.definitions()
	if err != nil {
		return c.wrong(err)
	}
	if s.folder != "" {
		if err := os.MkdirAll(s.folder, 0o755); err != nil {
			return c.fail(exitcode.Error, fmt.Errorf("make the folder for results: %w", err))
		}
	}
	code := exitcode.Pass
	var results []*result.Result
	for _, d := range all {
		if ctx.Err() != nil {
			fmt.Fprintf(c.Stderr, "%s was not run\n", d.Name)
			code = max(code, exitcode.Error)
			continue
		}
		result, err := c.experiment(ctx, d, s)
		if result != nil {
			results = append(results, result)
			code = max(code, result.Verdict.ExitCode())
		}
		if err != nil {
			code = max(code, c.fail(exitcode.Error, fmt.Errorf("%s: %w", d.Name, err)))
		}
	}
	if len(all) > 1 && !s.events {
		summary(c.Stdout, results)
	}
	if s.table != "" && ctx.Err() == nil {
		if err := replaceTable(s.table, results); err != nil {
			return c.fail(exitcode.Error, err)
		}
	}
	return code
}

// experiment runs one of them, with the services that it needs, and prints the
// result. There may be a result together with an error: the measurements until then.
func (c Command) experiment(ctx context.Context, d *definition.Definition, s settings) (*result.Result, error) {
	where, err := definition.ReadEnv(d, c.Getenv)
	if err != nil {
		return nil, err
	}
	shown := &progress{out: c.Stderr, terminal: c.Terminal, name: d.Name}
	s.options.Report, s.options.Command = shown.event, c.repeat(d, s)
	if s.events {
		s.options.Report = c.eventLine
	}
	var result *result.Result
	use := func(ctx context.Context, where definition.Env) (err error) {
		result, err = run.Experiment(ctx, d, where, s.options)
		return err
	}
	if c.Launch == nil {
		err = use(ctx, where.OrLab())
	} else {
		processes := d.Processes(where)
		s.options.Settings = map[string]map[string]string{}
		for _, p := range processes {
			s.options.Settings[p.Name] = p.Settings
		}
		err = c.Launch(ctx, processes, where, use)
	}
	shown.end()
	if result == nil {
		return nil, err
	}
	if s.folder != "" {
		err = errors.Join(err, write(s.folder, result))
	}
	if s.events {
		c.eventLine(run.Event{Run: result.ID, Ended: &run.Ending{Verdict: result.Verdict, Answer: result.Answer()}})
		return result, err
	}
	result.WriteText(c.Stdout, s.text)
	fmt.Fprintln(c.Stdout)
	return result, err
}

func (c Command) eventLine(e run.Event) {
	_ = json.NewEncoder(c.Stdout).Encode(e) // a reader who is gone needs none
}

// repeat is the command that runs d again in the same way.
func (c Command) repeat(d *definition.Definition, s settings) string {
	words := []string{c.Program, "run"}
	if s.options.Quick {
		words = append(words, "--quick")
	}
	for _, name := range slices.Sorted(maps.Keys(s.options.Given)) {
		words = append(words, fmt.Sprintf("--given %s=%g", name, s.options.Given[name]))
	}
	words = append(words, fmt.Sprintf("--seed %d", s.options.Seed))
	for _, name := range s.names {
		if found, err := find(name); err == nil && found.Name == d.Name {
			return strings.Join(append(words, name), " ")
		}
	}
	return strings.Join(append(words, d.Name), " ")
}

// write keeps the result as files named after the run.
func write(folder string, r *result.Result) error {
	for _, form := range []struct {
		ending string
		write  func(io.Writer) error
	}{{".json", r.WriteJSON}, {".html", func(w io.Writer) error { return page.Write(w, r) }}} {
		if err := writeFile(filepath.Join(folder, r.ID+form.ending), form.write); err != nil {
			return err
		}
	}
	return nil
}

// progress says what is measured: on a terminal in one line that overwrites itself.
type progress struct {
	out      io.Writer
	terminal bool
	name     string
}

func (p *progress) event(e run.Event) {
	if e.Next != nil {
		p.show(e.Next.String(), e.Next.TimeLeft())
	}
}

func (p *progress) show(next string, left time.Duration) {
	line := fmt.Sprintf("%s: %s, about %v left", p.name, next, left.Round(time.Second))
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.out, line)
}

// end leaves the line that overwrites itself.
func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
