// Package control lets a run be watched over HTTP while it can still be changed.
//
//	GET  /api/v1/run          state, as loadgen.State
//	PATCH /api/v1/run         rate, concurrency, arrivals, mix, as loadgen.Patch; all of it or nothing
//	POST /api/v1/run/pause    stop scheduling
//	POST /api/v1/run/resume   go on
//	POST /api/v1/run/stop     end the run
//	GET  /api/v1/run/events   snapshots, as server-sent events
//
// In front of it belongs a guard.Guard, so that no web page can steer a run
// behind the back of its reader.
package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"loadlab/internal/httpjson"
	"loadlab/internal/web/jsonbody"
	"loadlab/internal/web/semantics"
	"loadlab/loadgen"
)

// Runner is a run that can be controlled.
type Runner interface {
	State() loadgen.State
	// Apply changes the run, or nothing of it with an error that says why.
	Apply(loadgen.Patch) error
	Pause() error
	Resume() error
	Stop()
	// Watch returns a channel with the snapshots from now on, until cancel.
	Watch() (snapshots <-chan loadgen.Snapshot, cancel func())
}

// maxPatch bounds the body of a patch, in bytes.
const maxPatch = 64 << 10

// Handler serves the control API of run.
func Handler(run Runner) http.Handler {
	mux := semantics.NewMux()
	mux.HandleFunc("GET /api/v1/run", func(w http.ResponseWriter, _ *http.Request) { httpjson.Reply(w, http.StatusOK, run.State()) })
	mux.HandleFunc("PATCH /api/v1/run", untagged(func(w http.ResponseWriter, r *http.Request) {
		patch, err := readPatch(r)
		if err != nil {
			semantics.WriteError(w, err)
			return
		}
		err = run.Apply(patch)
		answer(w, run, http.StatusBadRequest, err)
	}))
	mux.HandleFunc("POST /api/v1/run/pause", untagged(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, run, http.StatusConflict, run.Pause())
	}))
	mux.HandleFunc("POST /api/v1/run/resume", untagged(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, run, http.StatusConflict, run.Resume())
	}))
	mux.HandleFunc("POST /api/v1/run/stop", untagged(func(w http.ResponseWriter, _ *http.Request) {
		run.Stop()
		answer(w, run, http.StatusOK, nil)
	}))
	mux.HandleFunc("GET /api/v1/run/events", func(w http.ResponseWriter, r *http.Request) { events(w, r, run) })
	return mux
}

// untagged refuses preconditions: the state of a run has no tag to compare.
func untagged(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := semantics.CheckUntagged(r); err != nil {
			semantics.WriteError(w, err)
			return
		}
		next(w, r)
	}
}

func readPatch(r *http.Request) (loadgen.Patch, error) {
	var patch loadgen.Patch
	r.Body = http.MaxBytesReader(nil, r.Body, maxPatch)
	return patch, jsonbody.Decode(r, &patch)
}

func answer(w http.ResponseWriter, run Runner, status int, err error) {
	if err != nil {
		httpjson.Problem(w, status, err.Error())
		return
	}
	httpjson.Reply(w, http.StatusOK, run.State())
}

// events streams snapshots until the reader leaves.
func events(w http.ResponseWriter, r *http.Request, run Runner) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return // there would be no end to wait for
	}
	snapshots, cancel := run.Watch()
	defer cancel()
	flush := http.NewResponseController(w)
	send := func(name string, body any) bool {
		data, err := json.Marshal(body)
		if err != nil {
			return false
		}
		_ = flush.SetWriteDeadline(time.Now().Add(10 * time.Second)) // where there are none, a slow reader only misses snapshots
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data); err != nil {
			return false
		}
		return flush.Flush() == nil
	}
	if !send("state", run.State()) {
		return
	}
	for {
		select {
		case s := <-snapshots:
			if !send("snapshot", s) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}
