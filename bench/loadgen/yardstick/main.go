// Package yardstick compares the load generator with its peers, against one server in one run.
package yardstick

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
	"strings"
	"time"

	"loadlab/bench/machine"
	"loadlab/bench/page"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
)

// limit of a whole run, the installation of peers apart.
const limit = 6 * time.Minute

type options struct {
	binary  string // of our generator; empty means build it
	page    string // to write the tables into; empty means none
	install bool
	require bool // a missing peer is an error
}

// Main prints every figure to stdout and what it does to stderr. It names the
// bounds that do not hold.
func Main(ctx context.Context, args []string, getenv env.Getenv, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("bench/loadgen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.binary, "loadgen", "", "binary of the generator (default: build ./cmd/loadgen)")
	flags.StringVar(&o.page, "write", "", "page whose tables are replaced")
	flags.BoolVar(&o.install, "install", false, "install missing peers that are Go modules")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitcode.Pass
	} else if err != nil {
		return exitcode.Usage
	}
	o.require = getenv("LAB_REQUIRE") == "1"
	broken, err := run(ctx, o, getenv, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "bench/loadgen:", err)
		return exitcode.Error
	}
	for _, b := range broken {
		fmt.Fprintf(stderr, "does not hold: %s: %s%s, at most %s%s\n", b.name, page.Number(b.measured), b.unit, page.Number(b.limit), b.unit)
	}
	if len(broken) > 0 {
		return exitcode.Fail
	}
	return exitcode.Pass
}

// run returns the bounds that do not hold.
func run(ctx context.Context, o options, getenv env.Getenv, stdout, stderr io.Writer) ([]bound, error) {
	all, tidy, err := prepare(ctx, o, getenv, stderr)
	if err != nil {
		return nil, err
	}
	defer tidy()
	server, err := serve()
	if err != nil {
		return nil, err
	}
	defer server.close()
	on, when := machine.Description(), time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b := bench{server, all, stderr}
	f, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	var tables bytes.Buffer
	f.write(&tables, on, when, all)
	var broken []bound
	for _, b := range f.bounds() {
		if !b.missing() && !b.holds() || b.missing() && o.require {
			broken = append(broken, b)
		}
	}
	return broken, page.Publish(stdout, o.page, "make bench-loadgen", tables.String())
}

// prepare finds all generators; tidy removes what was built.
func prepare(ctx context.Context, o options, getenv env.Getenv, progress io.Writer) (all []*generator, tidy func(), err error) {
	all, tidy = generators(), func() {}
	var missing []string
	for _, g := range all[1:] {
		if err := g.find(ctx, getenv, o.install, progress); err != nil {
			return nil, nil, err
		}
		if g.path == "" {
			missing = append(missing, g.name+" ("+g.source()+")")
		}
	}
	if len(missing) > 0 {
		fmt.Fprintln(progress, "missing:", strings.Join(missing, ", "))
		if o.require {
			return nil, nil, errors.New("peers are missing: " + strings.Join(missing, ", "))
		}
	}
	all[0].version, all[0].path = "this tree", o.binary
	if o.binary == "" {
		if all[0].path, tidy, err = build(ctx); err != nil {
			return nil, nil, err
		}
	}
	return all, tidy, nil
}

func build(ctx context.Context) (path string, tidy func(), err error) {
	folder, err := os.MkdirTemp("", "yardstick")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the generator: %w", err)
	}
	path = filepath.Join(folder, ours)
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "loadlab/cmd/loadgen").CombinedOutput(); err != nil {
		_ = os.RemoveAll(folder)
		return "", nil, fmt.Errorf("build the generator: %w\n%s", err, out)
	}
	return path, func() { _ = os.RemoveAll(folder) }, nil
}
