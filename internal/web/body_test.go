package web_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
)

// listen serves handler under a short time limit for whole requests.
func listen(t *testing.T, handler http.Handler) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ReadTimeout = 300 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

const (
	jsonHead = "Content-Type: application/json\r\n"
	chunked  = "Transfer-Encoding: chunked\r\n"
)

// The fault of a client is 4xx, and its connection is not used again.
func TestBodiesThatAreTheClientsFault(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	for name, surface := range map[string]struct {
		handler http.Handler
		target  string
	}{"traffic": {s.handler, "/t/probe"}, "admin": {s.admin, "/fault"}} {
		address := listen(t, surface.handler)
		for _, row := range []struct {
			name, head, body string
			status           int
		}{
			{"a chunk size that is none", jsonHead + chunked, "zz\r\n", 400},
			{"a chunk without its end", jsonHead + chunked, "2\r\n{}xx0\r\n\r\n", 400},
			{"a chunk size of 17 digits", jsonHead + chunked, "11111111111111111\r\n{}", 400},
			{"slow", jsonHead + "Content-Length: 5000\r\n", "{", 408},
			{"slow chunks", jsonHead + chunked, "1\r\n{\r\n", 408},
			{"more than is allowed", jsonHead + chunked, "20000\r\n" + strings.Repeat(" ", 0x20000) + "\r\n0\r\n\r\n", 413},
		} {
			t.Run(name+": "+row.name, func(t *testing.T) {
				reply, _ := testkit.Raw(t, address, "POST "+surface.target+" HTTP/1.1\r\nHost: a\r\n"+row.head+"\r\n"+row.body)
				if reply.StatusCode != row.status || reply.Header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s, %v; want %d", reply.Status, reply.Header, row.status)
				}
			})
		}
		t.Run(name+": cut", func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write([]byte("POST " + surface.target + " HTTP/1.1\r\nHost: a\r\n" + jsonHead + "Content-Length: 9\r\n\r\n{")); err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			reply, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(reply), "HTTP/1.1 400") || !strings.Contains(string(reply), "ends before its announced end") {
				t.Errorf("%q, %v", reply, err)
			}
		})
	}
}

// A client that resets its connection in the middle of a body has left: it is counted as 499.
func TestBodyOfAClientThatLeft(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	server := httptest.NewServer(s.handler)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("POST /t/probe HTTP/1.1\r\nHost: a\r\n" + jsonHead + "Content-Length: 9\r\n\r\n{")); err != nil {
		t.Fatal(err)
	}
	registry := s.Telemetry().Registry
	await(t, func() bool { return testkit.Gather(t, registry).Sum("http_server_active_requests", nil) == 1 })
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool {
		return testkit.Gather(t, registry).Count("http_server_request_duration_seconds", testkit.Labels{"http_response_status_code": "499"}) == 1
	})
}

func await(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 20 s")
		}
	}
}

// A chunked body without content is no body, as one of no length is.
func TestEmptyBodies(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	traffic, admin := listen(t, s.handler), listen(t, s.admin)
	for _, row := range []struct{ address, method, target string }{
		{traffic, "GET", "/t/probe?n=7"}, {traffic, "POST", "/t/probe?n=7"}, {traffic, "PUT", "/t/probe?n=7"}, {traffic, "DELETE", "/t/probe?n=7"},
		{admin, "PUT", "/loglevel?level=info"}, {admin, "POST", "/fault?kind=latency&value=0"}, {admin, "DELETE", "/fault"},
	} {
		for name, framing := range map[string]string{
			"none": "\r\n", "no length": "Content-Length: 0\r\n\r\n", "no chunk": chunked + "\r\n0\r\n\r\n",
			"no chunk, of a type": chunked + "Content-Type: text/plain\r\n\r\n0\r\n\r\n",
		} {
			reply, rest := testkit.Raw(t, row.address, row.method+" "+row.target+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+framing)
			if reply.StatusCode != http.StatusOK {
				t.Errorf("%s %s, %s: %s %s", row.method, row.target, name, reply.Status, rest)
			}
		}
	}
}

// What follows a request with two lengths may be smuggled (RFC 9112, section 6.1).
func TestTwoLengthsEndTheConnection(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	for name, surface := range map[string]struct {
		handler http.Handler
		target  string
	}{"traffic": {s.handler, "/t/probe"}, "admin": {s.admin, "/loglevel"}} {
		address := listen(t, surface.handler)
		const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
		reply, rest := testkit.Raw(t, address, "GET "+surface.target+" HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"+chunked+"\r\n0\r\n\r\n"+smuggled)
		if reply.StatusCode != http.StatusOK || !reply.Close || strings.Contains(string(rest), "HTTP/1.1") {
			t.Errorf("%s: %s, close %t, then %q", name, reply.Status, reply.Close, rest)
		}
		reply, _ = testkit.Raw(t, address, "POST "+surface.target+" HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")
		if reply.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: two values of Content-Length: %s", name, reply.Status)
		}
	}
}
