// Command loadgen (bench) compares the load generator with its peers.
package main

import (
	"context"
	"os"
	"os/signal"

	"loadlab/bench/loadgen/yardstick"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return yardstick.Main(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
}
