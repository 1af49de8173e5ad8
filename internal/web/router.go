package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// newRouter returns an Echo that answers HEAD wherever it answers GET, with the
// same handler: net/http sends no body. To OPTIONS, and to a method that a path
// does not take, Echo answers with Allow.
func newRouter() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.OnAddRouteHandler = func(_ string, route echo.Route, handler echo.HandlerFunc, middleware []echo.MiddlewareFunc) {
		if route.Method == http.MethodGet {
			e.HEAD(route.Path, handler, middleware...)
		}
	}
	return e
}
