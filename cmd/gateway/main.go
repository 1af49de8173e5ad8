// Command gateway runs the service of that name.
package main

import (
	"loadlab/internal/app"
	"loadlab/services/gateway"
)

func main() { app.Main(gateway.Builder()) }
