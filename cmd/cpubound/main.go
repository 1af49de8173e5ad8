// Command cpubound runs the service of that name.
package main

import (
	"loadlab/internal/app"
	"loadlab/services/cpubound"
)

func main() { app.Main(cpubound.Builder()) }
