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

// Main runs the command as a process does. The first signal that ends a program ends the plan, the second
// also what is in flight, the third the process. A reader of its output that goes away is an error of the write
// instead of the end of the process: the report must still be written.
func Main(args []string, getenv env.Getenv, stdout, stderr *os.File) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endings()...)
	defer signal.Stop(signals)
	abort := make(chan struct{})
	go func() {
		<-signals
		cancel()
		<-signals
		close(abort)
		signal.Stop(signals)
	}()
	command := Command{
		Args: args, Getenv: getenv, Environ: os.Environ(), Stdin: os.Stdin, Stdout: io.Writer(stdout), Stderr: stderr, Abort: abort,
	}
	if fd := int(stderr.Fd()); term.IsTerminal(fd) {
		command.Size = func() (columns, rows int, err error) { return term.GetSize(fd) }
	}
	return command.Run(ctx)
}

// endings are the signals that end a run.
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGXCPU}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup wants it
		all = append(all, syscall.SIGHUP)
	}
	return all
}
