package gateway_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"loadlab/internal/testkit"
	"loadlab/internal/web/openapi"
)

// ok answers everything with a body of known length.
func ok(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "served") }

func TestMethodsOfTheGatewaysOwnRoutes(t *testing.T) {
	base, requests := behind(t, ok)
	handler, err := open(t, base).Handler()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/", "/openapi.json", "/openapi.yaml"} {
		testkit.CheckMethods(t, handler, testkit.Resource{Target: target, Methods: []string{http.MethodGet}})
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests reached a service", n)
	}
}

// What a service says about a method, the client reads: also about one that the
// document does not have, and in headers that the gateway does not know.
func TestEveryMethodIsForwarded(t *testing.T) {
	base, requests := behind(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "of the service")
		w.Header().Set("X-Method", r.Method)
		w.WriteHeader(http.StatusMethodNotAllowed)
	})
	d := open(t, base)
	doc, err := openapi.Read()
	if err != nil {
		t.Fatal(err)
	}
	var want int64
	for _, route := range doc.Routes {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
			if strings.Count(route.Path, "/") == 1 && route.Path != "/items" {
				continue // the gateway's own
			}
			want++
			a := d.send(method, strings.NewReplacer("{id}", "1").Replace(route.Path), "")
			if a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "of the service" || a.header.Get("X-Method") != method {
				t.Errorf("%s %s: %d, %v", method, route.Path, a.status, a.header)
			}
		}
		for _, method := range []string{"BREW", "get"} {
			if a := d.send(method, route.Path, ""); a.status != http.StatusNotImplemented {
				t.Errorf("%s %s: %d", method, route.Path, a.status)
			}
		}
	}
	if n := requests.Load(); n != want || n < 100 {
		t.Errorf("%d requests reached a service, want %d", n, want)
	}
}

// A service is asked as the client asked: HEAD stays HEAD, and has its length.
func TestHeadIsForwarded(t *testing.T) {
	var got []string
	base, _ := behind(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method)
		ok(w, r)
	})
	d := open(t, base)
	a := d.send(http.MethodHead, "/io/wait", "")
	if a.status != http.StatusOK || a.body != "" || a.header.Get("Content-Length") != "7" || !slices.Equal(got, []string{"HEAD"}) {
		t.Errorf("%d, %v, %q; the service got %v", a.status, a.header, a.body, got)
	}
}

func TestBodiesThatAreTheClientsFault(t *testing.T) {
	base, requests := behind(t, ok)
	d := open(t, base)
	address := strings.TrimPrefix(d.url, "http://")
	for _, row := range []struct{ name, text string }{
		{"a chunk size that is none", "zz\r\n"},
		{"a chunk without its end", "2\r\n{}xx0\r\n\r\n"},
		{"a chunk size of 17 digits", "11111111111111111\r\n{}"},
	} {
		reply, _ := testkit.Raw(t, address, "POST /io/wait HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"+row.text)
		if reply.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", row.name, reply.Status)
		}
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests reached the service", n)
	}
	// The SLO counts 5xx: what clients do wrong is not among them.
	samples := testkit.Gather(t, d.tel.Registry)
	if n := samples.Count("http_server_request_duration_seconds", testkit.Labels{"http_response_status_code": "400"}); n != 3 {
		t.Errorf("%d requests counted as 400, want 3", n)
	}
}

// What a client sends without content reaches the service without a body.
func TestEmptyBodiesAreNone(t *testing.T) {
	type seen struct {
		length   int64
		encoding []string
	}
	var got []seen
	base, _ := behind(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, seen{r.ContentLength, r.TransferEncoding})
		ok(w, r)
	})
	d := open(t, base)
	address := strings.TrimPrefix(d.url, "http://")
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		for _, framing := range []string{"\r\n", "Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"} {
			got = nil
			reply, _ := testkit.Raw(t, address, method+" /io/wait HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+framing)
			if reply.StatusCode != http.StatusOK || len(got) != 1 || got[0].length != 0 || got[0].encoding != nil {
				t.Errorf("%s, %q: %s; the service got %+v", method, framing, reply.Status, got)
			}
		}
	}
}

// The document has an entity tag, so it can be validated and read in parts.
func TestDocumentIsConditional(t *testing.T) {
	d := open(t, dead(t), "CONNECT_WAIT=0s")
	for _, path := range []string{"/openapi.json", "/openapi.yaml"} {
		whole := d.get(path)
		tag := whole.header.Get("ETag")
		if want := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(whole.body))); tag != want || whole.header.Get("Content-Length") != fmt.Sprint(len(whole.body)) {
			t.Fatalf("%s: ETag %s, want %s; %v", path, tag, want, whole.header)
		}
		for _, row := range []struct {
			name, value, ranges string
			status              int
			body                string
		}{
			{"If-None-Match", tag, "", 304, ""},
			{"If-None-Match", `W/` + tag, "", 304, ""},
			{"If-None-Match", `"other"`, "", 200, whole.body},
			{"If-Match", tag, "", 200, whole.body},
			{"If-Range", tag, "bytes=1-3", 206, whole.body[1:4]},
			{"If-Range", `"other"`, "bytes=1-3", 200, whole.body},
			{"X-None", "", "bytes=-4", 206, whole.body[len(whole.body)-4:]},
		} {
			headers := []string{row.name, row.value}
			if row.ranges != "" {
				headers = append(headers, "Range", row.ranges)
			}
			if a := d.get(path, headers...); a.status != row.status || a.body != row.body {
				t.Errorf("%s, %s: %s, range %q: %d with %d bytes, want %d with %d", path, row.name, row.value, row.ranges, a.status, len(a.body), row.status, len(row.body))
			}
		}
		if a := d.get(path, "If-Match", `"other"`); a.status != 412 {
			t.Errorf("%s of another version: %d", path, a.status)
		}
		if a := d.get(path, "Range", "bytes=99999999-"); a.status != 416 {
			t.Errorf("%s, a range beyond its end: %d", path, a.status)
		}
	}
}
