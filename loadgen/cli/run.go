package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/telemetry"
	"loadlab/loadgen"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
	"loadlab/loadgen/spans"
)

// Command is the load generator with its arguments, environment and streams.
type Command struct {
	Args           []string // without the program's name
	Getenv         env.Getenv
	Stdin          io.Reader // for bodies of targets; may be nil
	Stdout, Stderr io.Writer
	Environ        []string // all of the environment, for what Getenv is never asked for
	// Size returns that of the terminal which Stderr is, on which the state of the run is redrawn. It is nil
	// if Stderr is none.
	Size func() (columns, rows int, err error)
	// Abort ends the run at once when it is closed.
	Abort <-chan struct{}
}

// Run does what the command line says, and returns the exit code. When ctx
// ends, requests in flight are waited for, then the report is printed.
func (c Command) Run(ctx context.Context) int {
	if len(c.Args) > 0 {
		if code, done := c.subcommand(c.Args[0], c.Args[1:]); done {
			return code
		}
	}
	table, err := options()
	if err != nil {
		return c.fail(err)
	}
	given := parseArguments(c.Args, table)
	switch {
	case given.has(helpOption) && len(given.wrong) == 0:
		topic := strings.TrimPrefix(given.own[helpOption], "true")
		if len(given.rest) > 0 && !isURL(given.rest[0]) {
			topic = given.rest[0]
		}
		return c.fail(c.showHelp(topic))
	case given.has(healthOption):
		return c.healthcheck(ctx)
	case given.has(versionOption):
		fmt.Fprintln(c.Stdout, app.Version())
		return exitcode.Pass
	}
	return c.load(ctx, &given)
}

// subcommand does what a command line asks for that begins with the word; done says that it does.
func (c Command) subcommand(word string, args []string) (code int, done bool) {
	switch word {
	case reportCommand:
		return c.report(args), true
	case compareCommand:
		return c.compare(args), true
	case checkCommand:
		return c.check(args), true
	case completionCommand:
		return c.fail(WriteCompletion(c.Stdout, strings.Join(args, " "))), true
	case manCommand:
		return c.fail(WriteMan(c.Stdout)), true
	case helpCommand:
		return c.fail(c.showHelp(strings.Join(args, " "))), true
	case "version":
		fmt.Fprintln(c.Stdout, app.Version())
		return exitcode.Pass, true
	case "run", "list", "explain", "max":
		return c.fail(&env.Error{Problems: []env.Problem{{Variable: word, Reason: experimentsMoved}}}), true
	}
	if asksForCompletion(word) {
		return c.fail(c.complete()), true
	}
	return 0, false
}

// load makes the run that the command line asks for.
func (c Command) load(ctx context.Context, given *arguments) int {
	src := source{flags: given.values, getenv: c.Getenv, bodies: &bodies{stdin: c.Stdin}, headers: given.fields()}
	wrong := given.wrong
	for _, arg := range given.rest {
		if isURL(arg) {
			src.targets = append(src.targets, arg)
			continue
		}
		if len(wrong) > len(given.wrong) {
			continue // probably belongs to the first one
		}
		reason := didYouMean(arg, "", commandNames(), "write a URL such as http://127.0.0.1:8080/, or see loadgen --help")
		wrong = append(wrong, env.Problem{Variable: arg, Reason: "neither a URL nor a command; " + reason})
	}
	if name := c.Getenv("LOADGEN_EXPERIMENT"); name != "" {
		wrong = append(wrong, env.Problem{Variable: "LOADGEN_EXPERIMENT", Value: name, Reason: experimentsMoved})
	}
	for _, also := range []string{"LOADGEN_TARGETS", "LOADGEN_URLS", "LOADGEN_CURL", "LOADGEN_HAR", "LOADGEN_SCENARIO"} {
		if _, flag := given.values[also]; flag && len(src.targets) > 0 {
			wrong = append(wrong, env.Problem{Variable: also, Reason: "cannot be together with URLs that are no flag"})
		}
	}
	settings, cfg, thresholds, err := load(&src)
	for _, warning := range src.warnings() {
		fmt.Fprintln(c.Stderr, "loadgen:", warning)
	}
	if err := together(wrong, given.named(err)); err != nil {
		c.recordExit(src.get("LOADGEN_REPORT_DIR"), src.get("LOADGEN_ADMIN_ADDR"), exitcode.Usage, messages(err))
		return c.fail(err)
	}
	return c.generate(ctx, settings, cfg, thresholds)
}

// experimentsMoved is what a user of an earlier release needs to know.
const experimentsMoved = "experiments are commands of the console and of the lab: console run NAME, lab run NAME; " +
	"in containers docker compose run --rm console run NAME"

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

// generate makes the run, and records how it ended.
func (c Command) generate(ctx context.Context, s Settings, cfg loadgen.Config, thresholds []report.Threshold) int {
	reports := c.Stdout
	if s.takesStdout(s.Report) {
		c.Stdout = c.Stderr
	}
	r, held, err := c.measure(ctx, s, cfg, thresholds, reports)
	if r != nil {
		err = errors.Join(err, c.deliver(r, s, reports))
	}
	if err != nil {
		code := c.fail(err)
		c.recordExit(s.ReportDir, s.AdminAddr, code, messages(err))
		return code
	}
	code := c.verdict(r, held)
	c.recordExit(s.ReportDir, s.AdminAddr, code, []string{outcome(r)})
	return code
}

// measure makes the run; held says that all thresholds hold. With a report, an error is that of an output.
func (c Command) measure(ctx context.Context, s Settings, cfg loadgen.Config, thresholds []report.Threshold, stdout io.Writer) (r *report.Report, held bool, err error) {
	options := []loadgen.Option{loadgen.WithAbort(c.Abort)}
	id := s.identity()
	exporter, err := spans.Open(ctx, &s.export, id, c.Stdout)
	if err != nil {
		return nil, false, err
	}
	for _, warning := range s.exportWarnings(c.Environ) {
		fmt.Fprintln(c.Stderr, "loadgen:", warning)
	}
	if exporter != nil {
		options = append(options, loadgen.OnSample(exporter.Export))
	}
	if s.Loop == "batch" {
		options = append(options, loadgen.OnResult(c.resultPrinter()))
	}
	sinks, err := s.openLog(stdout)
	if err != nil {
		return nil, false, err
	}
	defer sinks.discard()
	if sinks.log != nil {
		options = append(options, loadgen.OnResult(sinks.log.Add))
	}
	engine, err := loadgen.New(cfg, options...)
	if err != nil {
		return nil, false, err
	}
	registry := newRegistry(engine, thresholds)
	s.labelResource(cfg.RunID)
	closeMetrics, err := s.export.OpenMetrics(context.WithoutCancel(ctx), id, registry, c.Stdout)
	if err != nil {
		return nil, false, err
	}
	closeAdmin, err := c.serve(ctx, s, engine, registry)
	if err != nil {
		return nil, false, err
	}
	c.awaitReady(ctx, env.List(s.ReadyURLs))
	if err := sinks.openRemote(&s, cfg.RunID, id, registry); err != nil {
		return nil, false, err
	}
	unwatch := c.watch(engine, c.newDisplay(s, cfg.Plan, engine))
	r = engine.Run(ctx)
	unwatch()
	held = r.Check(thresholds)
	closeAdmin()
	exporter.Close()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastExport)
	defer cancel()
	if err := closeMetrics(last); err != nil {
		fmt.Fprintln(c.Stderr, "loadgen: the last metrics were not exported:", err)
	}
	r.Labels = s.labels()
	return r, held, sinks.close(last, r)
}

// exportWarnings say what of the OpenTelemetry environment has another effect than its user may expect.
func (s *Settings) exportWarnings(environ []string) []string {
	warnings := append(telemetry.Unsupported(environ, Variables()...), s.export.Warnings(telemetry.Traces, telemetry.Metrics)...)
	if formats := s.export.Propagators; !strings.Contains(formats, "tracecontext") {
		warnings = append(warnings, "OTEL_PROPAGATORS="+formats+": the load generator sends its trace context as traceparent (tracecontext) alone")
	}
	return warnings
}

// lastExport bounds the export of metrics at the end of the run.
const lastExport = 5 * time.Second

// identity is what spans and metrics call this process.
func (s *Settings) identity() telemetry.Identity {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return s.export.Named(telemetry.Identity{Service: "loadgen", Instance: fmt.Sprintf("%s:%d", host, os.Getpid()), Version: app.ShortVersion()})
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
		if r.Outcome == record.CheckFailed {
			status += " " + r.Outcome.String()
		}
		fmt.Fprintf(c.Stdout, "%s %s %s %v\n", status, r.Method, r.URL, r.Response.Round(10*time.Microsecond))
	}
}
