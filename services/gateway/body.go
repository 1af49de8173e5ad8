package gateway

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"loadlab/internal/workmeter"
)

// takeBody reads the body before anything is sent: a service is not kept
// waiting by a slow client, and a body over the limit reaches none. The limit
// is that of the middleware.
func takeBody(r *http.Request, m *workmeter.Meter) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	var body []byte
	err := m.Wait("body", func() (err error) {
		body, err = io.ReadAll(r.Body)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	r.Body, r.ContentLength, r.TransferEncoding = http.NoBody, int64(len(body)), nil
	if len(body) > 0 { // net/http takes an empty reader for a body of unknown length
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return nil
}
