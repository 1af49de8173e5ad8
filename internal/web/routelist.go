package web

import (
	"slices"
	"strings"
)

// paths are the templates of all routes, in alphabetical order.
func (s *Server) paths() []string {
	var paths []string
	for _, route := range s.echo.Routes() {
		paths = append(paths, route.Path)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

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
