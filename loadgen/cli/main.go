package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"loadlab/internal/env"
)

// Main runs the command as a process does: the first SIGINT or SIGTERM ends the
// plan, the second also what is in flight, the third the process.
func Main(args []string, getenv env.Getenv, stdout, stderr *os.File) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	abort := make(chan struct{})
	go func() {
		<-signals
		cancel()
		<-signals
		close(abort)
		signal.Stop(signals)
	}()
	return Command{
		Args: args, Getenv: getenv, Environ: os.Environ(), Stdout: io.Writer(stdout), Stderr: stderr,
		Terminal: term.IsTerminal(int(stderr.Fd())), Abort: abort,
	}.Run(ctx)
}
