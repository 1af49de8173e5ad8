// Command loadgen offers load to HTTP servers.
package main

import (
	"os"

	"loadlab/console"
	experiments "loadlab/experiments/cli"
	"loadlab/loadgen/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Getenv, os.Stdout, os.Stderr, &console.Environment{},
		experiments.Main("loadgen", os.Getenv, os.Stdin, os.Stdout, os.Stderr)))
}
