// Package runner runs experiments on demand, one at a time, in a process of their
// own: the generator that measures shares nothing with the program that asked for it.
//
//	GET  /api/v1/experiments       the catalog
//	GET  /api/v1/runs              what runs, how the last one ended, the results that are kept
//	POST /api/v1/runs              {"name": "tutorial-io", "quick": false} starts one; 409 while another runs
//	POST /api/v1/runs/stop         interrupts it; what was measured is kept
//	GET  /api/v1/runs/{id}         a result, as docs/experiments.md describes it
//	GET  /api/v1/runs/{id}/page    the same as a page
package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"loadlab/experiments/catalog"
	"loadlab/experiments/definition"
	"loadlab/experiments/run"
)

// Config says how a runner runs experiments.
type Config struct {
	// Executable takes the arguments of the command line of experiments.
	Executable string
	Environ    []string // of its process
	Folder     string   // of results; made when the first is run
	// Load is the base URL of a generator's control API, whose load is paused
	// while an experiment runs; empty if there is none.
	Load string
}

// Runner runs experiments. Its methods may be called at any time from anywhere.
type Runner struct {
	cfg     Config
	catalog []*definition.Definition
	results results

	mu      sync.Mutex
	running *execution
	last    *Ended
	closed  bool
	ended   sync.WaitGroup
}

// Running is an experiment that runs now.
type Running struct {
	Name     string            `json:"name"`
	Title    string            `json:"title"`
	Quick    bool              `json:"quick"`
	Started  time.Time         `json:"started"`
	Stopping bool              `json:"stopping"`
	Paused   bool              `json:"load_paused"` // the tour
	Run      string            `json:"run"`         // empty until the first load
	Next     *run.Progress     `json:"next"`        // nil until the first load
	Asked    time.Time         `json:"next_since"`  // when Next was reported
	Points   []run.Measurement `json:"points"`
}

// Ended is how the last run ended.
type Ended struct {
	Name   string      `json:"name"`
	Title  string      `json:"title"`
	Run    string      `json:"run"` // the result's id; empty if there is none
	Ending *run.Ending `json:"ending"`
	Failed string      `json:"failed"` // why there is no result
}

// ErrBusy says that an experiment runs already.
var ErrBusy = errors.New("an experiment runs already; only one at a time can be measured")

// New makes a runner. It fails when the catalog cannot be read.
func New(cfg Config) (*Runner, error) {
	catalog, err := catalog.List()
	if err != nil {
		return nil, err
	}
	return &Runner{cfg: cfg, catalog: catalog, results: newResults(cfg.Folder)}, nil
}

// Start starts an experiment of the catalog. The error names what is allowed,
// or is ErrBusy.
func (rn *Runner) Start(name string, quick bool) error {
	definition, err := catalog.Find(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(rn.cfg.Folder, 0o755); err != nil {
		return fmt.Errorf("make the folder for results: %w", err)
	}
	rn.mu.Lock()
	defer rn.mu.Unlock()
	if rn.closed || rn.running != nil {
		return ErrBusy
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &execution{runner: rn, cancel: cancel, shown: Running{
		Name: name, Title: definition.Title, Quick: quick, Started: time.Now(), Points: []run.Measurement{},
	}}
	rn.running = r
	rn.ended.Go(func() {
		ended := r.measure(ctx)
		cancel()
		rn.mu.Lock()
		defer rn.mu.Unlock()
		rn.running, rn.last = nil, &ended
	})
	return nil
}

// Stop interrupts what runs, and does not wait for its end.
func (rn *Runner) Stop() {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	if rn.running != nil {
		rn.running.shown.Stopping = true
		rn.running.cancel()
	}
}

// Close interrupts what runs, waits for its end, and takes nothing more.
func (rn *Runner) Close() {
	rn.mu.Lock()
	rn.closed = true
	rn.mu.Unlock()
	rn.Stop()
	rn.ended.Wait()
}

// State returns what runs, nil if nothing does, and how the last run ended, nil
// if there was none.
func (rn *Runner) State() (*Running, *Ended) {
	rn.mu.Lock()
	defer rn.mu.Unlock()
	if rn.running == nil {
		return nil, rn.last
	}
	shown := rn.running.shown
	shown.Points = append([]run.Measurement{}, shown.Points...)
	return &shown, rn.last
}
