// Package semantics applies the rules of RFC 9110 that net/http leaves to its handlers.
package semantics

import (
	"net/http"
	"slices"

	"loadlab/internal/web/problem"
)

// Methods returns the methods that a listener of loadlab knows: those of RFC 9110
// but CONNECT, since no listener is a tunnel, and PATCH (RFC 5789).
func Methods() []string { return slices.Clone(methods[:]) }

var methods = [...]string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions, http.MethodTrace,
}

// Known reports whether a listener of loadlab knows the method. Others are
// answered 501; one that is known, though not by the resource, is answered 405.
func Known(method string) bool { return slices.Contains(methods[:], method) }

// Unknown returns the problem of a request with a method that is not known.
func Unknown() *problem.Problem {
	return problem.New(http.StatusNotImplemented, "the server has no resource that takes this method")
}
