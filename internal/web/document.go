package web

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/web/openapi"
)

// ServeDocument adds the route /openapi.json, which answers with the part of
// the OpenAPI document that describes the server's routes. The part is made when
// it is first asked for.
func (s *Server) ServeDocument() {
	s.document = "/openapi.json"
	part := sync.OnceValues(s.readDocument)
	s.echo.GET(s.document, func(c echo.Context) error {
		document, err := part()
		if err != nil {
			return err
		}
		return SendDocument(c, echo.MIMEApplicationJSON, document)
	})
}

// SendDocument answers with a text that does not change while the process runs,
// also in parts and only if the client does not have it.
func SendDocument(c echo.Context, mediaType string, text []byte) error {
	header := c.Response().Header()
	header.Set("Content-Type", mediaType)
	header.Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(text)))
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(text))
	return nil
}

// readDocument returns the part of the OpenAPI document that describes this service.
func (s *Server) readDocument() ([]byte, error) {
	whole, err := openapi.Read()
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, route := range s.routeList() {
		paths = append(paths, route.Path)
	}
	return whole.Part(paths)
}
