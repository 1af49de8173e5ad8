package main

import (
	"fmt"
	"net/http"
	"os"

	"loadlab/console"
	"loadlab/experiments/desk"
	"loadlab/loadgen/cli"
)

// page is the console. It runs experiments when there is a folder for their results.
type page struct{ console.Environment }

// Open implements cli.Page.
func (p *page) Open(run cli.Run) (cli.Opened, error) {
	opened := cli.Opened{Close: func() {}}
	var experiments http.Handler
	if run.Reports != "" {
		executable, err := os.Executable()
		if err != nil {
			return opened, fmt.Errorf("find this program's own file: %w", err)
		}
		d, err := desk.New(desk.Config{Executable: executable, Environ: os.Environ(), Folder: run.Reports, Load: run.Base})
		if err != nil {
			return opened, err
		}
		experiments, opened.Metrics, opened.Close = d.Handler(), d, d.Close
	}
	var err error
	opened.Handler, err = p.Handler(run.Control, experiments)
	return opened, err
}
