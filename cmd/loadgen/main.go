// Command loadgen offers load to HTTP servers.
package main

import (
	"os"

	"loadlab/loadgen/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Getenv, os.Stdout, os.Stderr)) }
