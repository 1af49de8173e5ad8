package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/loadgen"
	"loadlab/loadgen/report"
	"loadlab/loadgen/spans"
)

// Command is the load generator with what surrounds it.
type Command struct {
	Args           []string // without the program's name
	Getenv         env.Getenv
	Stdout, Stderr io.Writer
	// Terminal says that Stderr is one, so that progress may overwrite itself.
	Terminal bool
	// Page is served at the console's address; nil for none.
	Page Page
	// Experiments runs a command line of experiments; nil for none.
	Experiments Experiments
	// Abort ends the run at once when it is closed.
	Abort <-chan struct{}
}

// Run does what the command line says, and returns the exit code. When ctx
// ends, requests in flight are waited for, then the report is printed.
func (c Command) Run(ctx context.Context) int {
	if len(c.Args) > 0 {
		switch c.Args[0] {
		case "report":
			return c.report(c.Args[1:])
		case "run", "list", "explain", "max", "compare":
			if c.Experiments != nil {
				return c.Experiments(ctx, c.Args)
			}
		case "--help", "-h", "-help", "help":
			return c.fail(writeHelp(c.Stdout, c.Page))
		case "--healthcheck", "-healthcheck":
			return c.healthcheck(ctx)
		case "--version", "-version", "version":
			fmt.Fprintln(c.Stdout, app.Version())
			return app.ExitPass
		}
	}
	vars, err := declared()
	if err != nil {
		return c.fail(err)
	}
	flags, wrong := parseFlags(c.Args, vars)
	wrong = append(wrong, configure(c.Page, c.Getenv)...)
	settings, cfg, thresholds, err := load(source{flags: flags, getenv: c.Getenv})
	if settings.Experiment != "" && c.Experiments == nil {
		wrong = append(wrong, env.Problem{Variable: "LOADGEN_EXPERIMENT", Value: settings.Experiment, Reason: "this command has no experiments"})
	}
	if err := together(wrong, err); err != nil {
		return c.fail(err)
	}
	if settings.Experiment != "" {
		return c.Experiments(ctx, []string{"run", settings.Experiment})
	}
	return c.generate(ctx, settings, cfg, thresholds)
}

// together joins what is wrong with the flags to what is wrong with the values.
func together(flags []env.Problem, err error) error {
	var values *env.Error
	switch {
	case len(flags) == 0:
		return err
	case errors.As(err, &values):
		flags = append(flags, values.Problems...)
	}
	return &env.Error{Problems: flags}
}

// fail prints err and returns its exit code.
func (c Command) fail(err error) int {
	var configuration *env.Error
	switch {
	case err == nil:
		return app.ExitPass
	case errors.As(err, &configuration):
		for _, p := range configuration.Problems {
			fmt.Fprintln(c.Stderr, "loadgen:", p)
		}
		return app.ExitConfiguration
	}
	fmt.Fprintln(c.Stderr, "loadgen:", err)
	return app.ExitFailed
}

// generate makes the run.
func (c Command) generate(ctx context.Context, s Settings, cfg loadgen.Config, thresholds []report.Threshold) int {
	progress := newProgress(c.Stderr, c.Terminal)
	options := []loadgen.Option{loadgen.WithAbort(c.Abort), loadgen.OnSnapshot(progress.show)}
	exporter, err := spans.Open(ctx, s.Endpoint, s.Service)
	if err != nil {
		return c.fail(err)
	}
	if exporter != nil {
		options = append(options, loadgen.OnSample(exporter.Export))
	}
	if s.Loop == "batch" {
		options = append(options, loadgen.OnResult(c.resultPrinter()))
	}
	engine, err := loadgen.New(cfg, options...)
	if err != nil {
		return c.fail(err)
	}
	closeConsole, err := c.serve(ctx, s.ConsoleAddr, s.ReportDir, engine, thresholds)
	if err != nil {
		return c.fail(err)
	}
	c.awaitReady(ctx, list(s.ReadyURLs))
	r := engine.Run(ctx)
	progress.end()
	held := r.Check(thresholds)
	closeConsole()
	exporter.Close()
	r.WriteText(c.Stdout)
	if err := save(r, s.ReportDir); err != nil {
		return c.fail(err)
	}
	return c.verdict(r, held)
}

// resultPrinter prints each request of a batch as it ends.
func (c Command) resultPrinter() func(loadgen.Result) {
	var mu sync.Mutex
	return func(r loadgen.Result) {
		mu.Lock()
		defer mu.Unlock()
		status := r.Outcome.String()
		if r.Status > 0 {
			status = fmt.Sprint(r.Status)
		}
		fmt.Fprintf(c.Stdout, "%s %s %s %v\n", status, r.Method, r.URL, r.Response.Round(10*time.Microsecond))
	}
}

// save writes the report into the folder, under a name that says which run it is.
func save(r *report.Report, folder string) error {
	if folder == "" {
		return nil
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	path := filepath.Join(folder, "loadgen-"+r.RunID+".json")
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
