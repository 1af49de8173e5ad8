// Command iobound runs the service of that name.
package main

import (
	"loadlab/internal/app"
	"loadlab/services/iobound"
)

func main() { app.Main(iobound.Builder()) }
