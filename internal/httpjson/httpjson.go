// Package httpjson writes the replies of the small APIs next to the services.
package httpjson

import (
	"encoding/json"
	"net/http"
)

// Reply writes body as JSON that no cache may keep.
func Reply(w http.ResponseWriter, status int, body any) {
	write(w, "application/json", status, body)
}

// Problem writes an RFC 9457 problem with the detail.
func Problem(w http.ResponseWriter, status int, detail string) {
	write(w, "application/problem+json", status, map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail,
	})
}

func write(w http.ResponseWriter, contentType string, status int, body any) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a reader who is gone needs none
}
