// Package semantics applies the rules of RFC 9110 that net/http leaves to its handlers.
package semantics

import (
	"net/http"

	"loadlab/internal/web/problem"
)

// Known reports whether a listener of loadlab knows the method. Others are
// answered 501; one that is known, though not by the resource, is answered 405.
func Known(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// Unknown returns the problem of a request with a method that is not known.
// CONNECT is one: no listener is a tunnel.
func Unknown() *problem.Problem {
	return problem.New(http.StatusNotImplemented, "the server has no resource that takes this method")
}
