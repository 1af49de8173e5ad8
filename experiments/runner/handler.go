package runner

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"loadlab/experiments/page"
	"loadlab/experiments/result"
	"loadlab/internal/httpjson"
	"loadlab/internal/web/jsonbody"
	"loadlab/internal/web/semantics"
)

// Listed is an experiment of the catalog.
type Listed struct {
	Name        string  `json:"name"`
	Title       string  `json:"title"`
	Question    string  `json:"question"`
	Hypothesis  string  `json:"hypothesis"`
	Explanation string  `json:"explanation"`
	Seconds     float64 `json:"seconds"` // of load; 0 if it ends when its batches are answered
}

// maxOrder bounds the body of a request, in bytes.
const maxOrder = 4 << 10

// Handler serves the runner over HTTP. It lets any client that reaches it start runs: the
// server in front must check where a request comes from.
func (rn *Runner) Handler() http.Handler {
	mux := semantics.NewMux()
	mux.HandleFunc("GET /api/v1/experiments", rn.serveCatalog)
	mux.HandleFunc("GET /api/v1/runs", rn.serveRuns)
	mux.HandleFunc("POST /api/v1/runs", rn.serveStart)
	mux.HandleFunc("POST /api/v1/runs/stop", func(w http.ResponseWriter, r *http.Request) {
		rn.Stop()
		rn.serveRuns(w, r)
	})
	mux.HandleFunc("GET /api/v1/runs/{id}", rn.result(func(w io.Writer, r *result.Result) error { return r.WriteJSON(w) }, "application/json"))
	mux.HandleFunc("GET /api/v1/runs/{id}/page", rn.result(page.Write, "text/html; charset=utf-8"))
	return mux
}

func (rn *Runner) serveCatalog(w http.ResponseWriter, _ *http.Request) {
	all := []Listed{}
	for _, e := range rn.catalog {
		all = append(all, Listed{
			Name: e.Name, Title: e.Title, Question: e.Question, Hypothesis: e.Hypothesis,
			Explanation: strings.TrimSpace(e.Explanation), Seconds: e.Length().Seconds(),
		})
	}
	httpjson.Reply(w, http.StatusOK, map[string]any{"experiments": all})
}

func (rn *Runner) serveRuns(w http.ResponseWriter, _ *http.Request) {
	kept, err := rn.results.list()
	if err != nil {
		httpjson.Problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	running, last := rn.State()
	httpjson.Reply(w, http.StatusOK, map[string]any{"running": running, "last": last, "results": kept})
}

func (rn *Runner) serveStart(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Name  string `json:"name"`
		Quick bool   `json:"quick"`
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxOrder)
	if err := jsonbody.Decode(r, &order); err != nil {
		semantics.WriteError(w, err)
		return
	}
	err := rn.Start(order.Name, order.Quick)
	var path *fs.PathError
	switch {
	case errors.Is(err, ErrBusy):
		httpjson.Problem(w, http.StatusConflict, err.Error())
	case errors.As(err, &path):
		httpjson.Problem(w, http.StatusInternalServerError, err.Error())
	case err != nil:
		httpjson.Problem(w, http.StatusBadRequest, err.Error())
	default:
		rn.serveRuns(w, r)
	}
}

// result serves a result in one of its forms.
func (rn *Runner) result(write func(io.Writer, *result.Result) error, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		result, err := rn.results.read(r.PathValue("id"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			httpjson.Problem(w, http.StatusNotFound, fmt.Sprintf("there is no result %.80q", r.PathValue("id")))
		case err != nil:
			httpjson.Problem(w, http.StatusInternalServerError, err.Error())
		default:
			w.Header().Set("Content-Type", contentType)
			_ = write(w, result) // a reader who is gone needs none
		}
	}
}
