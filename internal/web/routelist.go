package web

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
)

// routeList returns the routes ordered by path, methods in alphabetical order.
func (s *Server) routeList() []Route {
	methods := map[string][]string{}
	for _, route := range s.echo.Routes() {
		methods[route.Path] = append(methods[route.Path], route.Method)
	}
	routes := make([]Route, 0, len(methods))
	for path, list := range methods {
		slices.Sort(list)
		routes = append(routes, Route{Path: path, Methods: list})
	}
	slices.SortFunc(routes, func(a, b Route) int { return strings.Compare(a.Path, b.Path) })
	return routes
}

// panicError is a recovered panic.
type panicError struct {
	value any
	stack []byte
}

func newPanicError(value any) *panicError {
	return &panicError{value: value, stack: debug.Stack()}
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }
