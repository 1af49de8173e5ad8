// Command mixed runs the service of that name.
package main

import (
	"loadlab/internal/app"
	"loadlab/services/mixed"
)

func main() { app.Main(mixed.Builder()) }
