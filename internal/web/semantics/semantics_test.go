package semantics_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"loadlab/internal/web/problem"
	"loadlab/internal/web/semantics"
)

// listener mounts a handler with routes of its own above two others, as the
// console's program does.
func listener() http.Handler {
	inner := semantics.NewMux()
	inner.HandleFunc("GET /tagged", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"one,two"`)
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "7")
		fmt.Fprintln(w, "tagged")
	})
	inner.HandleFunc("GET /weak", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `W/"1"`)
		fmt.Fprintln(w, "weak")
	})
	inner.HandleFunc("GET /broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	inner.HandleFunc("GET /stream", func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			semantics.WriteError(w, err)
		}
	})
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
		{"/tagged", "If-Match", "\"other\"\n\"one,two\"", 200}, // two lines of the field
		{"/tagged", "If-Match", `"one"`, 412},
		{"/tagged", "If-Match", `W/"one,two"`, 412},
		{"/tagged", "If-Match", `one,two`, 412},
		{"/tagged", "If-Match", `x"0" "one,two"`, 412},
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
		{"/livez", "If-Match", `""`, 412},
		{"/livez", "If-Match", `*`, 200},
		{"/livez", "If-None-Match", `"1"`, 200},
		{"/livez", "If-None-Match", `*`, 304},
		{"/livez", "If-Modified-Since", `Mon, 01 Jan 2035 00:00:00 GMT`, 200},
		{"/livez", "If-Unmodified-Since", `Mon, 01 Jan 2001 00:00:00 GMT`, 200},
		{"/livez", "Range", `bytes=0-0`, 200},
		{"/stream", "If-None-Match", `"1"`, 200}, // the connection can be reached
		{"/broken", "If-Match", `"1"`, 418},      // a failure is not conditional
		{"/nowhere", "If-Match", `"1"`, 404},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := httptest.NewRequest(method, row.target, http.NoBody)
			r.Header[row.field] = strings.Split(row.value, "\n")
			reply := serve(r)
			if reply.Code != row.status {
				t.Errorf("%s %s, %s: %s: %d, want %d", method, row.target, row.field, row.value, reply.Code, row.status)
			}
			header := reply.Header()
			if row.status == 304 && (reply.Body.Len() > 0 || header.Get("Content-Type")+header.Get("Content-Length") != "" || row.target == "/tagged" && header.Get("ETag") == "") {
				t.Errorf("%s %s, %s: %s: headers %v, body %q", method, row.target, row.field, row.value, header, reply.Body)
			}
			// Nothing that describes the representation may describe the problem.
			if row.status == 412 && (!strings.Contains(reply.Body.String(), `"status":412`) || header.Get("ETag")+header.Get("Content-Length") != "") {
				t.Errorf("%s %s, %s: %s: headers %v, body %q", method, row.target, row.field, row.value, header, reply.Body)
			}
		}
	}
}

// Before the work of a resource without an entity tag.
func TestPreconditionsOfWork(t *testing.T) {
	for _, row := range []struct {
		method, field, value string
		status               int // 0 if the precondition holds
	}{
		{"PUT", "If-Match", `"1"`, 412}, {"PUT", "If-Match", "*", 0}, {"PUT", "If-None-Match", "*", 412}, {"PUT", "If-None-Match", `"1"`, 0},
		{"GET", "If-Match", `"1"`, 412}, {"GET", "If-None-Match", "*", 304}, {"HEAD", "If-None-Match", "*", 304}, {"DELETE", "If-None-Match", "*", 412},
		{"PUT", "If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT", 0}, {"PUT", "X-Other", "1", 0},
	} {
		r := httptest.NewRequest(row.method, "/fault", http.NoBody)
		r.Header.Set(row.field, row.value)
		err := semantics.CheckUntagged(r)
		status := 0
		if errors.Is(err, semantics.ErrNotModified) {
			status = http.StatusNotModified
		} else if err != nil {
			status = problem.Of(err).Status
		}
		if status != row.status {
			t.Errorf("%s, %s: %s: %v, want %d", row.method, row.field, row.value, err, row.status)
		}
	}
}
