package semantics_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"loadlab/internal/web/semantics"
)

// listener mounts a handler with routes of its own above two others, as the
// console's program does.
func listener() http.Handler {
	inner := semantics.NewMux()
	inner.HandleFunc("GET /tagged", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"one,two"`)
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintln(w, "tagged")
	})
	inner.HandleFunc("GET /weak", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `W/"1"`)
		fmt.Fprintln(w, "weak")
	})
	inner.HandleFunc("GET /broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	inner.HandleFunc("POST /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			semantics.WriteError(w, err)
			return
		}
		fmt.Fprintln(w, r.PathValue("id"))
	})
	mux := semantics.NewMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/", inner)
	return mux
}

func serve(r *http.Request) *httptest.ResponseRecorder {
	reply := httptest.NewRecorder()
	listener().ServeHTTP(reply, r)
	return reply
}

func TestMethods(t *testing.T) {
	for _, row := range []struct {
		method, target string
		status         int
		allow          string
	}{
		{"GET", "/livez", 200, ""},
		{"HEAD", "/livez", 200, ""},
		{"OPTIONS", "/livez", 204, "GET, HEAD, OPTIONS"},
		{"POST", "/livez", 405, "GET, HEAD, OPTIONS"},
		{"TRACE", "/livez", 405, "GET, HEAD, OPTIONS"},
		{"HEAD", "/tagged", 200, ""},
		{"DELETE", "/tagged", 405, "GET, HEAD, OPTIONS"},
		{"OPTIONS", "/items/7", 204, "POST, OPTIONS"},
		{"GET", "/items/7", 405, "POST, OPTIONS"},
		{"GET", "/nowhere", 404, ""},
		{"OPTIONS", "/nowhere", 404, ""},
		{"BREW", "/livez", 501, ""},
		{"get", "/livez", 501, ""},
		{"CONNECT", "/livez", 501, ""},
	} {
		reply := serve(httptest.NewRequest(row.method, row.target, http.NoBody))
		if reply.Code != row.status || reply.Header().Get("Allow") != row.allow {
			t.Errorf("%s %s: %d, Allow %q; want %d, %q", row.method, row.target, reply.Code, reply.Header().Get("Allow"), row.status, row.allow)
		}
		if row.status >= 400 && reply.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %s", row.method, row.target, reply.Header().Get("Content-Type"))
		}
	}
}

// RFC 9110, section 13.1: each row is a request for a representation with the
// entity tag "one,two", W/"1" or none.
func TestPreconditionsOfReads(t *testing.T) {
	for _, row := range []struct {
		target, field, value string
		status               int
	}{
		{"/tagged", "If-Match", `"one,two"`, 200},
		{"/tagged", "If-Match", `"other", "one,two"`, 200},
		{"/tagged", "If-Match", `*`, 200},
		{"/tagged", "If-Match", `"one"`, 412},
		{"/tagged", "If-Match", `W/"one,two"`, 412},
		{"/tagged", "If-Match", `one,two`, 412},
		{"/tagged", "If-Match", ``, 412},
		{"/tagged", "If-None-Match", `"one,two"`, 304},
		{"/tagged", "If-None-Match", `W/"one,two"`, 304},
		{"/tagged", "If-None-Match", `"other" , W/"one,two"`, 304},
		{"/tagged", "If-None-Match", `*`, 304},
		{"/tagged", "If-None-Match", `"two"`, 200},
		{"/weak", "If-Match", `W/"1"`, 412},
		{"/weak", "If-Match", `"1"`, 412},
		{"/weak", "If-None-Match", `"1"`, 304},
		{"/weak", "If-None-Match", `W/"1"`, 304},
		{"/livez", "If-Match", `"1"`, 412},
		{"/livez", "If-Match", `*`, 200},
		{"/livez", "If-None-Match", `"1"`, 200},
		{"/livez", "If-None-Match", `*`, 304},
		{"/livez", "If-Modified-Since", `Mon, 01 Jan 2035 00:00:00 GMT`, 200},
		{"/livez", "If-Unmodified-Since", `Mon, 01 Jan 2001 00:00:00 GMT`, 200},
		{"/livez", "Range", `bytes=0-0`, 200},
		{"/broken", "If-Match", `"1"`, 418}, // a failure is not conditional
		{"/nowhere", "If-Match", `"1"`, 404},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := httptest.NewRequest(method, row.target, http.NoBody)
			r.Header.Set(row.field, row.value)
			reply := serve(r)
			if reply.Code != row.status {
				t.Errorf("%s %s, %s: %s: %d, want %d", method, row.target, row.field, row.value, reply.Code, row.status)
			}
			if row.status == 304 && (reply.Body.Len() > 0 || row.target == "/tagged" && reply.Header().Get("ETag") == "") {
				t.Errorf("%s %s, %s: %s: headers %v, body %q", method, row.target, row.field, row.value, reply.Header(), reply.Body)
			}
			if row.status == 412 && !strings.Contains(reply.Body.String(), `"status":412`) {
				t.Errorf("%s %s, %s: %s: body %q", method, row.target, row.field, row.value, reply.Body)
			}
		}
	}
}

func TestPreconditionsOfChanges(t *testing.T) {
	for _, row := range []struct {
		field, value string
		holds        bool
	}{
		{"If-Match", `"1"`, false}, {"If-Match", "*", true}, {"If-None-Match", "*", false}, {"If-None-Match", `"1"`, true},
		{"If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT", true}, {"X-Other", "1", true},
	} {
		r := httptest.NewRequest(http.MethodPut, "/fault", http.NoBody)
		r.Header.Set(row.field, row.value)
		if err := semantics.CheckUntagged(r); (err == nil) != row.holds {
			t.Errorf("%s: %s: %v", row.field, row.value, err)
		}
	}
}
