package prom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/util/annotations"

	"loadlab/internal/telemetry"
	"loadlab/internal/web/problem"
	"loadlab/internal/web/semantics"
)

const (
	// maxForm bounds the body of a request, in bytes.
	maxForm = 64 << 10
	// maxQuery bounds each parameter, in bytes: the time to parse a query grows with
	// the square of its depth, and no deadline ends it. The dashboards' have some hundred.
	maxQuery = 8 << 10
)

// reply is what an endpoint found.
type reply struct {
	data     any
	warnings annotations.Annotations
}

// badData is an error in the request.
type badData struct{ error }

// Unwrap lets a time that ran out before the query was parsed be distinguished from a bad query.
func (b badData) Unwrap() error { return b.error }

// Handler returns the HTTP API below /api/v1, the metrics of this process, and
// the two probes, as a Prometheus server has them. It reads only.
func (e *Engine) Handler() http.Handler {
	mux := semantics.NewMux()
	for path, answer := range map[string]func(*http.Request) (reply, error){
		"query":               e.query,
		"query_range":         e.queryRange,
		"query_exemplars":     e.queryExemplars,
		"format_query":        e.formatQuery,
		"series":              e.series,
		"labels":              e.labelNames,
		"label/{name}/values": e.labelValues,
		"targets":             e.targets,
		"metadata":            e.metadata,
		"rules":               e.ruleGroups,
		"alerts":              e.alerts,
		"status/buildinfo":    buildInfo,
	} {
		mux.HandleFunc("GET /api/v1/"+path, wrap(answer))
		mux.HandleFunc("POST /api/v1/"+path, wrap(answer))
	}
	mux.Handle("GET /metrics", telemetry.MetricsHandler(e.registry))
	well := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "Prometheus's engine is ready.") }
	mux.HandleFunc("GET /-/ready", well)
	mux.HandleFunc("GET /-/healthy", well)
	return mux
}

// envelope is the outer form of every reply.
type envelope struct {
	Status    string   `json:"status"`
	Data      any      `json:"data,omitempty"`
	ErrorType string   `json:"errorType,omitempty"`
	Error     string   `json:"error,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Infos     []string `json:"infos,omitempty"`
}

func wrap(answer func(*http.Request) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); errors.As(err, new(*http.MaxBytesError)) || errors.As(err, new(*problem.Problem)) {
			semantics.WriteError(w, err)
			return
		} else if err != nil {
			writeError(w, badData{fmt.Errorf("read form: %w", err)})
			return
		}
		if err := semantics.CheckUntagged(r); err != nil && r.Method == http.MethodPost { // GET has an answer to compare
			semantics.WriteError(w, err)
			return
		}
		if err := checkLengths(r.Form); err != nil {
			writeError(w, badData{err})
			return
		}
		found, err := answer(r)
		if err != nil {
			writeError(w, err)
			return
		}
		body := envelope{Status: "success", Data: found.data}
		body.Warnings, body.Infos = found.warnings.AsStrings(r.Form.Get("query"), 10, 10)
		text, err := json.Marshal(body)
		if err != nil {
			writeError(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text) // the reader may be gone
	}
}

func checkLengths(form url.Values) error {
	for name, values := range form {
		for _, value := range values {
			if len(value) > maxQuery {
				return fmt.Errorf("%.40s has %d bytes, want at most %d", name, len(value), maxQuery)
			}
		}
	}
	return nil
}

// statusClientClosed is nginx's code for a client that went away, which
// Prometheus uses too.
const statusClientClosed = 499

// writeError gives err the type and status that a Prometheus server gives it.
func writeError(w http.ResponseWriter, err error) {
	var (
		bad      badData
		timeout  promql.ErrQueryTimeout
		canceled promql.ErrQueryCanceled
		storage  promql.ErrStorage
	)
	kind, code := "execution", http.StatusUnprocessableEntity
	switch {
	case errors.As(err, &timeout), errors.Is(err, context.DeadlineExceeded):
		kind, code = "timeout", http.StatusServiceUnavailable
	case errors.As(err, &canceled), errors.Is(err, context.Canceled):
		kind, code = "canceled", statusClientClosed
	case errors.As(err, &bad):
		kind, code = "bad_data", http.StatusBadRequest
	case errors.As(err, &storage):
		kind, code = "internal", http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(envelope{Status: "error", ErrorType: kind, Error: err.Error()}) // the reader may be gone
}

// buildInfo is how Grafana finds out what a data source can do.
func buildInfo(*http.Request) (reply, error) {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/prometheus/prometheus" {
				version = serverVersion(module.Version)
			}
		}
	}
	return reply{data: map[string]string{
		"version": version, "revision": "", "branch": "", "buildUser": "", "buildDate": "", "goVersion": runtime.Version(),
	}}, nil
}

// serverVersion turns the module's version into the server's: v0.315.0 is 3.15.0.
func serverVersion(module string) string {
	var minor, patch int
	if _, err := fmt.Sscanf(module, "v0.%d.%d", &minor, &patch); err != nil {
		return module
	}
	return fmt.Sprintf("%d.%d.%d", minor/100, minor%100, patch)
}
