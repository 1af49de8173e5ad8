package gateway

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"loadlab/internal/telemetry"
	"loadlab/internal/web"
	"loadlab/internal/web/openapi"
)

// indexReply is the body of GET /: every route of every group.
type indexReply struct {
	Service  string          `json:"service"`
	Instance string          `json:"instance"`
	Version  string          `json:"version"`
	Document string          `json:"openapi"`
	Routes   []openapi.Route `json:"routes"`
}

func index(id telemetry.Identity, doc *openapi.Document) echo.HandlerFunc {
	reply := indexReply{
		Service: id.Service, Instance: id.Instance, Version: id.Version,
		Document: "/openapi.json", Routes: doc.Routes,
	}
	return func(c echo.Context) error { return c.JSON(http.StatusOK, reply) }
}

// serveYAML uses the media type of RFC 9512.
func serveYAML() echo.HandlerFunc {
	document := openapi.YAML()
	return func(c echo.Context) error { return web.SendDocument(c, "application/yaml", document) }
}
