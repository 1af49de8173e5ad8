package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"loadlab/experiments/definition"
	"loadlab/experiments/maxrate"
	"loadlab/internal/decimal"
	"loadlab/internal/exitcode"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/report"
	"loadlab/loadgen/target"
)

// maxFlags are the flags of max as they are written.
type maxFlags struct {
	config           maxrate.Config
	slo, arrivals    string
	folder, rawInput string
}

// parseMax reads flags and the target in any order. The error names everything that cannot be used.
func (c Command) parseMax(args []string) (maxFlags, error) {
	var m maxFlags
	flags := flag.NewFlagSet(c.Program+" max", flag.ContinueOnError)
	flags.SetOutput(c.Stderr)
	flags.StringVar(&m.slo, "slo", "", "objectives that must hold, as p99<50ms,error_rate<0.1%")
	flags.Float64Var(&m.config.Min, "min", 10, "the lowest rate to try, requests per second; the search begins there")
	flags.Float64Var(&m.config.Max, "max", 10_000, "the highest rate to try")
	flags.Float64Var(&m.config.Precision, "precision", 0.01, "width of the answer relative to it")
	flags.DurationVar(&m.config.Duration, "duration", 5*time.Second, "of each measurement")
	flags.DurationVar(&m.config.Warmup, "warmup", time.Second, "before each measurement, sent and not counted")
	flags.StringVar(&m.arrivals, "arrivals", string(pace.Even), "constant or poisson")
	flags.Uint64Var(&m.config.Seed, "seed", 1, "of poisson arrivals")
	flags.DurationVar(&m.config.Timeout, "timeout", 5*time.Second, "of a request")
	flags.IntVar(&m.config.Connections, "connections", 256, "the most connections to one host")
	flags.StringVar(&m.folder, "out", c.Getenv("LOADGEN_REPORT_DIR"), "folder for the result as JSON; made if it is missing")
	decimal.Flags(flags)
	var words []string
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return m, err
		}
		if args = flags.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	if len(words) != 1 {
		return m, errors.New("max takes flags with one target, as lab max --slo 'p99<50ms' 'GET http://127.0.0.1:8081/io/wait?ms=5'")
	}
	m.rawInput = words[0]
	var wrong, err error
	m.config.Targets, wrong = target.Parse(words[0])
	m.config.SLO, err = report.ParseThresholds(m.slo)
	m.config.Arrivals = pace.Process(m.arrivals)
	m.config.AllowedHosts = definition.AllowedHosts(c.Getenv)
	if err = errors.Join(wrong, err); err != nil {
		return m, err
	}
	return m, m.config.Check()
}

// max searches the highest rate at which a target keeps its objectives.
func (c Command) max(ctx context.Context, args []string) int {
	m, err := c.parseMax(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitcode.Pass
	case err != nil:
		return c.wrong(err)
	}
	if m.folder != "" {
		if err := os.MkdirAll(m.folder, 0o755); err != nil {
			return c.fail(exitcode.Error, fmt.Errorf("make the folder for results: %w", err))
		}
	}
	shown := &progress{out: c.Stderr, terminal: c.Terminal, name: "max"}
	result, err := maxrate.Run(ctx, m.config, shown.candidate)
	shown.end()
	if err != nil {
		return c.fail(exitcode.Error, err)
	}
	result.Command = c.repeatMax(m)
	result.WriteText(c.Stdout)
	if m.folder != "" {
		name := "max-" + result.Started.UTC().Format("20060102T150405.000") + ".json"
		if err := writeFile(filepath.Join(m.folder, name), result.WriteJSON); err != nil {
			return c.fail(exitcode.Error, err)
		}
	}
	return result.ExitCode()
}

// candidate prints the last measurement in a line that stays, then the next rate.
func (p *progress) candidate(next float64, last *maxrate.Observation, left time.Duration) {
	if last != nil {
		p.end()
		fmt.Fprintf(p.out, "%s: %.4g/s %s, p50 %.2f ms, p99 %.2f ms", p.name, last.Rate, last.Outcome, 1e3*last.P50, 1e3*last.P99)
		if last.Why != "" {
			fmt.Fprintf(p.out, " (%s)", last.Why)
		}
		fmt.Fprintln(p.out)
	}
	p.show(fmt.Sprintf("measuring %.4g/s", next), left)
}

// repeatMax is the command that makes the search again.
func (c Command) repeatMax(m maxFlags) string {
	f := m.config
	return fmt.Sprintf("%s max --slo %s --min %g --max %g --precision %g --duration %v --warmup %v --arrivals %s --seed %d --timeout %v --connections %d %s",
		c.Program, quoted(m.slo), f.Min, f.Max, f.Precision, f.Duration, f.Warmup, m.arrivals, f.Seed, f.Timeout, f.Connections, quoted(m.rawInput))
}

// quoted is text as one word of a POSIX shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
