// Command items runs the service of that name.
package main

import (
	"loadlab/internal/app"
	"loadlab/services/items"
)

func main() { app.Main(items.Builder()) }
