package attack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"loadlab/internal/testkit"
)

// smuggled is a request in the body of another one. Nothing else asks for its route.
const smuggled = "GET /cpu/primes?n=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

// refused is the set of statuses with which a listener may refuse framing; 0 is a closed connection.
var refused = []int{400, 403, 404, 405, 408, 413, 415, 421, 431, 501, 505, 0}

// framings are heads with a body. The host is that of the listener.
var framings = []struct {
	name, head, body string
	accepted         bool // it is correct, or RFC 9112 lets a server accept it
}{
	{"CL.TE", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled, true},
	{"CL.TE with the smuggled request in the length", fmt.Sprintf("Content-Length: %d\r\nTransfer-Encoding: chunked\r\n", 5+len(smuggled)), "0\r\n\r\n" + smuggled, true},
	{"TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled), true},
	{"TE.TE", "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n", "0\r\n\r\n" + smuggled, false},
	{"two chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled, false},
	{"an unknown coding", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + smuggled, false},
	{"chunked, then identity", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n" + smuggled, false},
	{"a space before the colon", "Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + smuggled, false},
	{"a control character in the coding", "Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n" + smuggled, false},
	{"two lengths", "Content-Length: 0\r\nContent-Length: 5\r\n", "0\r\n\r\n" + smuggled, false},
	{"two lengths in one field", "Content-Length: 0, 5\r\n", "0\r\n\r\n" + smuggled, false},
	{"a signed length", "Content-Length: +5\r\n", "0\r\n\r\n" + smuggled, false},
	{"a negative length", "Content-Length: -5\r\n", smuggled, false},
	{"a hexadecimal length", "Content-Length: 0x5\r\n", "0\r\n\r\n" + smuggled, false},
	{"a length beyond 64 bits", "Content-Length: 18446744073709551621\r\n", "0\r\n\r\n" + smuggled, false},
	{"obs-fold in the coding", "Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n", true},
	{"obs-fold of a field", " X-Fold: 1\r\n", "", true},
	{"a bare CR in a field", "X-Bare: a\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n", false},
	{"NUL in a field", "X-Nul: a\x00b\r\n", "", false},
	{"a field name with a space", "X Y: 1\r\n", "", false},
	{"a field without a colon", "nonsense\r\n", "", false},
	{"a bare LF after a chunk size", "Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n", false},
	{"a bare LF in a chunk extension", "Transfer-Encoding: chunked\r\n", "2;a\n{}\r\n0\r\n\r\n", false},
	{"a bare CR in a chunk extension", "Transfer-Encoding: chunked\r\n", "2;a\rb\r\n{}\r\n0\r\n\r\n", false},
	{"a chunk extension", "Transfer-Encoding: chunked\r\n", "2;name=value\r\n{}\r\n0\r\n\r\n", true},
	{"an endless chunk extension", "Transfer-Encoding: chunked\r\n", "2;" + strings.Repeat("x", 1<<20), false},
	{"more extension than data", "Transfer-Encoding: chunked\r\n", strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\n{\r\n", 100), false},
	{"a chunk longer than its size", "Transfer-Encoding: chunked\r\n", "1\r\n{}}\r\n0\r\n\r\n", false},
	{"a chunk size of 17 digits", "Transfer-Encoding: chunked\r\n", "11111111111111111\r\n{}", false},
	{"a trailer that names the host", "Transfer-Encoding: chunked\r\nTrailer: Host\r\n", "2\r\n{}\r\n0\r\nHost: evil.example\r\n\r\n", true},
	{"a second Host", "Host: evil.example\r\n", "", false},
}

// requestLines begin requests that are malformed before their first field.
var requestLines = []string{
	"GET  /  HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 x", "GET / http/1.1", "GET / HTTP/1.10", "GET / HTTP/9.9", "GET /", "GET\x00 / HTTP/1.1",
	"G\x7fT / HTTP/1.1", "GET * HTTP/1.1", "GET evil.example HTTP/1.1", "GET http://[::1 HTTP/1.1", "PRI * HTTP/2.0", "CONNECT 127.0.0.1:1 HTTP/1.1",
}

// framing expects that what follows a request that two parsers could read
// differently is never answered, and that the gateway forwards none of it.
func (v *victim) framing(t *testing.T) {
	before := v.primes(t)
	type attack struct{ name, listener, address, text string }
	var accepted, others []attack
	for listener, address := range v.addressesOf() {
		path := "/"
		if listener == "gateway" {
			path = "/cpu/spin?ms=1"
		}
		for _, f := range framings {
			one := attack{f.name, listener, address, "POST " + path + " HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/json\r\n" + f.head + "\r\n" + f.body}
			if f.accepted {
				accepted = append(accepted, one)
			} else {
				others = append(others, one)
			}
		}
		for _, line := range requestLines {
			others = append(others, attack{line, listener, address, line + "\r\nHost: " + address + "\r\n\r\n"})
		}
		others = append(others, attack{"no Host", listener, address, "GET / HTTP/1.1\r\n\r\n"},
			attack{"obs-fold before the first field", listener, address, "GET / HTTP/1.1\r\n X-Fold: 1\r\nHost: " + address + "\r\n\r\n"},
			attack{"a Host with a path", listener, address, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"})
	}
	atOnce(accepted, func(a attack) {
		if got := send(t, a.address, a.text); len(got.statuses) > 1 || got.status() >= 500 || got.status() < 0 {
			t.Errorf("%s to %s: replies %v, %.300q", a.name, a.listener, got.statuses, got.raw)
		}
	})
	atOnce(others, func(a attack) {
		if got := send(t, a.address, a.text); len(got.statuses) > 1 || !slices.Contains(refused, got.status()) {
			t.Errorf("%s to %s: replies %v, %.300q", a.name, a.listener, got.statuses, got.raw)
		}
	})
	if after := v.primes(t); after != before {
		t.Errorf("%d smuggled requests have reached a service", after-before)
	}
	t.Logf("%d attacks", len(accepted)+len(others))
}

// primes is how many requests for the smuggled route have reached its service.
func (v *victim) primes(t *testing.T) int {
	t.Helper()
	return testkit.Metrics(t, "http://"+v.admin["cpubound"]+"/metrics").Count("http_server_request_duration_seconds", testkit.Labels{"http_route": "/cpu/primes"})
}
