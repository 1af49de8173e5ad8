// Package grafana embeds the lab's dashboards.
package grafana

import (
	"embed"
	"io/fs"
)

//go:embed dashboards/*.json
var dashboards embed.FS

// Home is the file name of the dashboard to show first.
const Home = "io-vs-cpu.json"

// Dashboards returns the dashboards' files, each named after the uid of its
// dashboard: <uid>.json.
func Dashboards() fs.FS { return folder(dashboards, "dashboards") }

//go:embed dashboards/runtimes/*.json
var runtimes embed.FS

// Runtimes returns the dashboards of the tutorial's servers, named likewise.
// They have data only where those servers run. Grafana reads their folder too.
func Runtimes() fs.FS { return folder(runtimes, "dashboards/runtimes") }

// RuntimesUp is the PromQL query that has a result if any of these servers is scraped.
const RuntimesUp = `up{job=~"tornado|asyncio|uvloop|node|nethttp"}`

func folder(all fs.FS, name string) fs.FS {
	files, err := fs.Sub(all, name)
	if err != nil {
		panic(err) // only an invalid path fails, and this one is constant
	}
	return files
}
