package gateway

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/telemetry"
)

// indexReply is the body of GET /: every route of every group.
type indexReply struct {
	Service  string  `json:"service"`
	Instance string  `json:"instance"`
	Version  string  `json:"version"`
	Document string  `json:"openapi"`
	Routes   []route `json:"routes"`
}

func index(id telemetry.Identity, doc *document) echo.HandlerFunc {
	reply := indexReply{
		Service: id.Service, Instance: id.Instance, Version: id.Version,
		Document: "/openapi.json", Routes: doc.routes,
	}
	return func(c echo.Context) error { return c.JSON(http.StatusOK, reply) }
}

func (d *document) serveJSON(c echo.Context) error {
	return serveDocument(c, "application/json", d.json)
}

// serveYAML uses the media type of RFC 9512.
func (d *document) serveYAML(c echo.Context) error {
	return serveDocument(c, "application/yaml", d.yaml)
}

// serveDocument answers conditional requests and ranges, too.
func serveDocument(c echo.Context, mediaType string, text []byte) error {
	header := c.Response().Header()
	header.Set("Content-Type", mediaType)
	header.Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(text)))
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(text))
	return nil
}
