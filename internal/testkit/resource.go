package testkit

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// A Resource is a path of a handler.
type Resource struct {
	Target  string   // path and perhaps query, so that a GET is answered 200
	Methods []string // those it takes, without HEAD and OPTIONS
	Header  http.Header
}

// CheckMethods serves handler and checks over a socket that each resource treats
// methods and preconditions as RFC 9110 says: HEAD as GET without the body,
// OPTIONS, 405 with Allow, 501, and for GET If-Match and If-None-Match.
func CheckMethods(t *testing.T, handler http.Handler, resources ...Resource) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	for _, r := range resources {
		t.Run(r.Target, func(t *testing.T) { r.check(t, address) })
	}
}

func (r Resource) check(t *testing.T, address string) {
	want := append(slices.Clone(r.Methods), http.MethodOptions)
	if slices.Contains(r.Methods, http.MethodGet) {
		want = append(want, http.MethodHead)
		r.checkHead(t, address)
		for precondition, status := range map[string]int{`If-Match: "of no representation"`: 412, "If-None-Match: *": 304, "If-Match: *": 200} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				if reply, _ := r.exchange(t, address, method, precondition); reply.StatusCode != status {
					t.Errorf("%s with %s: %s, want %d", method, precondition, reply.Status, status)
				}
			}
		}
	}
	slices.Sort(want)
	if reply, body := r.exchange(t, address, http.MethodOptions); reply.StatusCode != http.StatusNoContent || len(body) > 0 || !slices.Equal(allowed(reply), want) {
		t.Errorf("OPTIONS: %s, Allow %v, body %q; want %v", reply.Status, allowed(reply), body, want)
	}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} {
		if slices.Contains(want, method) {
			continue
		}
		if reply, _ := r.exchange(t, address, method); reply.StatusCode != http.StatusMethodNotAllowed || !slices.Equal(allowed(reply), want) {
			t.Errorf("%s: %s, Allow %v; want 405 and %v", method, reply.Status, allowed(reply), want)
		}
	}
	for _, method := range []string{"BREW", "get", "CONNECT"} {
		if reply, _ := r.exchange(t, address, method); reply.StatusCode != http.StatusNotImplemented {
			t.Errorf("%s: %s, want 501", method, reply.Status)
		}
	}
}

// checkHead compares the headers except for those of the moment, and of a body
// whose length only its writing tells.
func (r Resource) checkHead(t *testing.T, address string) {
	t.Helper()
	get, body := r.exchange(t, address, http.MethodGet)
	head, nothing := r.exchange(t, address, http.MethodHead)
	if get.StatusCode != http.StatusOK || head.StatusCode != get.StatusCode || len(nothing) > 0 {
		t.Fatalf("GET: %s (%d bytes); HEAD: %s with the body %q", get.Status, len(body), head.Status, nothing)
	}
	for _, name := range []string{"Date", "Server-Timing", "Traceresponse", "Content-Length", "Set-Cookie"} {
		get.Header.Del(name)
		head.Header.Del(name)
	}
	for name := range get.Header {
		if !slices.Equal(get.Header[name], head.Header[name]) {
			t.Errorf("%s is %q of GET, %q of HEAD", name, get.Header[name], head.Header[name])
		}
	}
	for name := range head.Header {
		if get.Header[name] == nil {
			t.Errorf("%s: %q of HEAD alone", name, head.Header[name])
		}
	}
}

func allowed(reply *http.Response) []string {
	methods := strings.Split(reply.Header.Get("Allow"), ", ")
	slices.Sort(methods)
	return methods
}

// exchange returns the reply with every byte that follows its headers.
func (r Resource) exchange(t *testing.T, address, method string, lines ...string) (*http.Response, []byte) {
	t.Helper()
	request := method + " " + r.Target + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n"
	if method != http.MethodGet && method != http.MethodHead {
		request += "Content-Length: 0\r\n"
	}
	for name, values := range r.Header {
		request += name + ": " + strings.Join(values, ", ") + "\r\n"
	}
	for _, line := range lines {
		request += line + "\r\n"
	}
	reply, rest := Raw(t, address, request+"\r\n")
	if method == http.MethodHead {
		return reply, rest
	}
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, r.Target, err)
	}
	return reply, body
}

// Raw sends text, with which the client says all it has to say, and reads until
// the server closes the connection, for at most half a minute. It returns the
// first reply, and every byte after its headers.
func Raw(t testing.TB, address, text string) (reply *http.Response, rest []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(startLimit)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	received, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("%.60q: received %q, then %v", text, received, err)
	}
	reply, err = http.ReadResponse(bufio.NewReader(bytes.NewReader(received)), nil)
	if err != nil {
		t.Fatalf("%.60q was answered %q: %v", text, received, err)
	}
	_, rest, _ = bytes.Cut(received, []byte("\r\n\r\n"))
	return reply, rest
}
