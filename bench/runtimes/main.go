// Command runtimes (bench) compares the tutorial's servers with the lab's own services.
package main

import (
	"context"
	"os"
	"os/signal"

	"loadlab/bench/runtimes/comparison"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return comparison.Main(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
}
