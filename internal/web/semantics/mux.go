package semantics

import (
	"net/http"
	"strings"

	"loadlab/internal/web/problem"
)

// Mux is an http.ServeMux that answers OPTIONS, gives the reasons of 404, 405
// and 501 as problems, and evaluates the preconditions of GET and HEAD. Its
// patterns are those of http.ServeMux; one without a method mounts a handler
// that has routes of its own.
type Mux struct{ mux http.ServeMux }

// NewMux returns a Mux without routes.
func NewMux() *Mux { return &Mux{} }

// Handle adds a route.
func (m *Mux) Handle(pattern string, handler http.Handler) { m.mux.Handle(pattern, handler) }

// HandleFunc adds a route.
func (m *Mux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	m.mux.HandleFunc(pattern, handler)
}

// ServeHTTP implements http.Handler.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w, ok := Begin(w, r)
	if !ok {
		return
	}
	_, pattern := m.mux.Handler(r)
	if hasMethod(pattern) {
		m.mux.ServeHTTP(w, r)
		return
	}
	// A handler mounted above this path must not hide that the path has routes.
	allowed := m.allowed(r)
	switch {
	case len(allowed) == 0 && pattern != "":
		m.mux.ServeHTTP(w, r)
	case len(allowed) == 0:
		WriteError(w, problem.New(http.StatusNotFound, "no such route"))
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		WriteError(w, problem.New(http.StatusMethodNotAllowed, "the route does not take this method; the Allow header names those it takes"))
	}
}

// allowed returns the methods that the path of r takes; it is empty if the path has no route.
func (m *Mux) allowed(r *http.Request) []string {
	var allowed []string
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPatch, http.MethodPost, http.MethodPut} {
		probe := *r
		probe.Method = method
		if _, pattern := m.mux.Handler(&probe); hasMethod(pattern) {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return nil
	}
	return append(allowed, http.MethodOptions)
}

func hasMethod(pattern string) bool { return strings.Contains(pattern, " ") }
