// Package comparison measures the tutorial's servers, with the lab's services next to them, under the same loads.
package comparison

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"loadlab/bench/machine"
	"loadlab/bench/page"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

// limit of a whole run without the builds.
const limit = 8 * time.Minute

type options struct {
	bin     string // folder of the commands; empty means build them
	page    string // to write the tables into; empty means none
	rounds  int
	servers []string // by name; none means all
	loads   []string // likewise
	quick   bool     // one short round without a warm-up
	require bool     // a missing server or generator is an error
}

// Main prints the tables to stdout and its progress to stderr, and returns the
// exit code. It needs Linux, which tells the CPU time of another process.
func Main(ctx context.Context, args []string, getenv env.Getenv, stdout, stderr io.Writer) int {
	o, err := parse(args, getenv, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitcode.Pass
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench/runtimes:", err)
		return exitcode.Usage
	}
	if err := run(ctx, o, getenv, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "bench/runtimes:", err)
		return exitcode.Error
	}
	return exitcode.Pass
}

func parse(args []string, getenv env.Getenv, stderr io.Writer) (options, error) {
	flags := flag.NewFlagSet("bench/runtimes", flag.ContinueOnError)
	flags.SetOutput(stderr)
	bin := flags.String("bin", "", "folder with the binaries of "+strings.Join(commands(), ", ")+" (default: build them)")
	pagePath := flags.String("write", "", "page whose tables are replaced")
	rounds := flags.Int("rounds", 5, "how often each server is measured under each load by each generator")
	servers := flags.String("servers", "", "servers to measure, separated by commas (default: all)")
	chosen := flags.String("loads", "", "loads to offer, separated by commas (default: all)")
	quick := flags.Bool("quick", false, "one round, shorter where the generator can, without a warm-up: for a test of this program")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if *quick {
		*rounds = 1
	}
	o := options{
		bin: *bin, page: *pagePath, rounds: *rounds, servers: list(*servers), loads: list(*chosen),
		quick: *quick, require: getenv("LAB_REQUIRE") == "1",
	}
	if o.rounds < 1 || flags.NArg() > 0 {
		return options{}, fmt.Errorf("-rounds must be at least 1, and there are no arguments but flags")
	}
	return o, errors.Join(known("server", o.servers, serverNames()), known("load", o.loads, loadNames()))
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func known(kind string, names, allowed []string) error {
	for _, name := range names {
		if !slices.Contains(allowed, name) {
			return fmt.Errorf("unknown %s %q; allowed are %s", kind, name, strings.Join(allowed, ", "))
		}
	}
	return nil
}

func run(ctx context.Context, o options, getenv env.Getenv, stdout, stderr io.Writer) error {
	folder, err := os.MkdirTemp("", "bench-runtimes-")
	if err != nil {
		return fmt.Errorf("make a folder for the servers: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if o.bin == "" {
		if o.bin, err = build(ctx, filepath.Join(folder, "bin")); err != nil {
			return err
		}
	}
	on, when := machine.Description(), time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b, err := open(ctx, o, folder, getenv, stderr)
	if err != nil {
		return err
	}
	f, err := b.measure(ctx, o)
	if err = errors.Join(err, b.close()); err != nil {
		return err
	}
	var tables bytes.Buffer
	f.write(&tables, on, when)
	return page.Publish(stdout, o.page, "make bench-runtimes", tables.String())
}

// commands of this repository that take part.
func commands() []string { return []string{lab, ours, "iobound", "cpubound"} }

// build makes the commands in the folder, which it returns.
func build(ctx context.Context, folder string) (string, error) {
	args := []string{"build", "-o", folder + string(filepath.Separator)}
	for _, command := range commands() {
		args = append(args, "loadlab/cmd/"+command)
	}
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the servers: %w\n%s", err, out)
	}
	return folder, nil
}
