package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"

	"loadlab/internal/affinity"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/supervise"
	"loadlab/runtimes"
	"loadlab/runtimes/nethttp"
)

// runRuntime turns this process into the tutorial's server on a runtime.
func runRuntime(ctx context.Context, with Environment, args []string) int {
	flags := flag.NewFlagSet("runtime", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	core := flags.Int("core", -1, "")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		return exitCode(with.Stderr, &usageError{"runtime takes --core N and one name of " + strings.Join(runtimeNames(), ", ")})
	}
	name := flags.Arg(0)
	server, known := runtimes.Named(name)
	if !known {
		return exitCode(with.Stderr, &usageError{fmt.Sprintf("unknown runtime %q; allowed are %s", name, strings.Join(runtimeNames(), ", "))})
	}
	if *core < 0 && server.InThisBinary() {
		ctx, cancel := supervise.Lifeline(ctx, with.Getenv, with.Stdin, func() { with.Exit(exitcode.Error) })
		defer cancel()
		return exitCode(with.Stderr, nethttp.Run(ctx, with.Getenv, with.Stdout))
	}
	return exitCode(with.Stderr, become(ctx, with, server, *core))
}

// become replaces this process by the server's program, on one core unless core
// is negative. It returns only if that fails.
func become(ctx context.Context, with Environment, server runtimes.Server, core int) error {
	command := []string{with.Executable, "runtime", server.Name}
	if !server.InThisBinary() {
		var cfg Config
		if err := env.Parse(with.Getenv, &cfg); err != nil {
			return err
		}
		// A temporary folder stays until the next lab removes those of processes that are gone.
		folder, err := openFolder(cfg.Data)
		if err != nil {
			return err
		}
		if command, err = server.Command(ctx, runtimesDir(folder.path)); err != nil {
			return err
		}
		if _, err := os.Stat(runtimesDir(folder.path)); errors.Is(err, os.ErrNotExist) {
			if err := runtimes.Unpack(runtimesDir(folder.path)); err != nil {
				return err
			}
		}
	}
	// The affinity is the thread's that calls exec.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if core >= 0 {
		cores, err := affinity.Cores()
		if err != nil {
			return err
		}
		// The first core comes again after the last.
		if err := affinity.Pin(cores[core%len(cores)]); err != nil {
			return err
		}
	}
	return fmt.Errorf("start %s: %w", command[0], syscall.Exec(command[0], command, with.Environ))
}
