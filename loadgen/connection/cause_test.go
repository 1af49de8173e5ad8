package connection_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen/connection"
	"loadlab/loadgen/record"
	"loadlab/loadgen/target"
)

// say answers with the text.
func say(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

// reset ends the connection without an orderly end.
func reset(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }

// sayAndReset leaves the peer time to read the text, which a reset would overtake.
func sayAndReset(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = io.WriteString(conn, text)
		time.Sleep(100 * time.Millisecond)
		reset(conn)
	}
}

// Both clients say in words why they have no response.
func TestEveryFailureHasItsCause(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, row := range []struct {
		name     string
		answer   func(net.Conn)
		outcome  record.Outcome
		lean     string // the cause, the same for all of this kind
		standard string // empty if it is the same
		example  string
	}{
		{"closed", say(""), record.ConnectError, "the server closed the connection without a response", "", ""},
		{"reset", reset, record.ConnectError, "connection reset by the server", "", "connection reset by peer"},
		{"cut within the body", say(ok + "Content-Length: 9\r\n\r\nabc"), record.ProtocolError, "the server closed the connection within the response", "", "after 3 bytes of the body"},
		{"cut within a chunk", say(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"), record.ProtocolError, "the server closed the connection within the response", "", "after 2 bytes of the body"},
		{"cut within the head", say("HTTP/1.1 20"), record.ProtocolError, "the server closed the connection within the response", `malformed HTTP status code "..."`, ""},
		{"reset within the body", sayAndReset(ok + "Content-Length: 9\r\n\r\nabc"), record.ProtocolError, "connection reset by the server, within the response", "", "after 3 bytes of the body"},
		{"another protocol", say("220 mail.example ESMTP\r\n\r\n"), record.ProtocolError, "malformed response: its first line is no HTTP/1.1 status line", `malformed HTTP status code "..."`, ""},
		{"a malformed length", say(ok + "Content-Length: x\r\n\r\n"), record.ProtocolError, "malformed response: a content length that is no number", `bad Content-Length "..."`, ""},
		{"a malformed chunk", say(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), record.ProtocolError, "malformed response: a chunk without a size", "invalid byte in chunk length, within the response", ""},
	} {
		for name, kind := range kinds(t, true) {
			t.Run(row.name+", "+name, func(t *testing.T) {
				address := testkit.Misbehave(t, row.answer)
				conn := dial(t, kind, address)
				conn.Send(to(t, address, "GET /"))
				conn.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
					want := row.lean
					if name == "net/http" && row.standard != "" {
						want = row.standard
					}
					if r.Cause == nil || r.Cause.Text != want || !strings.Contains(r.Cause.Example(), row.example) || r.Outcome != row.outcome || r.Cause.Own() {
						t.Errorf("outcome %v, cause %+v; want %v, %q with %q", r.Outcome, r.Cause, row.outcome, want, row.example)
					}
					return connection.Close, nil
				})
			})
		}
	}
}

func TestASuccessHasNoCause(t *testing.T) {
	for name, kind := range kinds(t, true) {
		s := serve(t)
		conn := dial(t, kind, s.address)
		conn.Send(to(t, s.address, "GET /"))
		conn.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
			if r.Cause != nil {
				t.Errorf("%s: cause %+v", name, r.Cause)
			}
			return connection.Close, nil
		})
	}
}

func TestCausesOfRefusedConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	for _, row := range []struct {
		name, address string
		timeout       time.Duration
		want          string
	}{
		{"closed port", listener.Addr().String(), long, "connection refused"},
		{"no time", listener.Addr().String(), time.Nanosecond, "connecting took longer than the time limit"},
	} {
		_, err := connection.NewDialer(true, nil).Dial(t.Context(), row.address, row.timeout)
		if r := connection.Refused(err); r.Cause.Text != row.want || r.Cause.Example() != err.Error() {
			t.Errorf("%s: cause %+v, want %q", row.name, r.Cause, row.want)
		}
	}
	lookup := &net.DNSError{Err: "no such host", Name: "no.such.invalid", IsNotFound: true} // a resolver may be out of reach here
	if r := connection.Refused(&net.OpError{Op: "dial", Net: "tcp", Err: lookup}); r.Cause.Text != "DNS error: no such host" || r.Outcome != record.ConnectError {
		t.Errorf("unknown host: %v, cause %+v", r.Outcome, r.Cause)
	}
}

// certificate is self-signed for the host, and valid until then.
func certificate(t *testing.T, host string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: until.Add(-24 * time.Hour), NotAfter: until}
	if ip := net.ParseIP(host); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{encoded}, PrivateKey: key}
}

// No connection is there until the handshake is done, and its failure says what is wrong.
func TestCausesOfTLS(t *testing.T) {
	later := time.Now().Add(12 * time.Hour)
	for _, row := range []struct {
		name   string
		config *tls.Config // nil: the server does not speak TLS
		want   string
	}{
		{"unknown authority", &tls.Config{Certificates: []tls.Certificate{certificate(t, "127.0.0.1", later)}}, "TLS certificate is signed by an unknown authority"},
		{"another host", &tls.Config{Certificates: []tls.Certificate{certificate(t, "example.org", later)}}, "TLS certificate is not valid for 127.0.0.1"},
		{"expired", &tls.Config{Certificates: []tls.Certificate{certificate(t, "127.0.0.1", time.Now().Add(-time.Hour))}}, "TLS certificate has expired or is not valid yet"},
		{"no common version", &tls.Config{Certificates: []tls.Certificate{certificate(t, "127.0.0.1", later)}, MaxVersion: tls.VersionTLS11}, "TLS refused by the server: protocol version not supported"},
		{"no TLS", nil, "the server does not speak TLS"},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			if server.TLS = row.config; row.config == nil {
				server.Start()
			} else {
				server.StartTLS()
				server.TLS.Certificates = row.config.Certificates
			}
			defer server.Close()
			r := roundTrip(t, "https://"+server.Listener.Addr().String()+"/", "GET")
			if r.Outcome != record.ConnectError || r.Cause == nil || r.Cause.Text != row.want {
				t.Errorf("outcome %v, cause %+v; want connect_error, %q", r.Outcome, r.Cause, row.want)
			}
		})
	}
}

// roundTrip sends one request by net/http.
func roundTrip(t *testing.T, url, method string, headers ...target.Header) (response connection.Response) {
	t.Helper()
	made, err := target.New(target.Target{Method: method, URL: url, Headers: headers})
	if err != nil {
		t.Fatal(err)
	}
	transport := connection.NewTransport(long, true, nil)
	defer transport.Close()
	conn := dial(t, transport.Dial, made.Address())
	conn.Send(connection.Request{Target: &made})
	conn.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
		response = *r
		return connection.Close, nil
	})
	return response
}

// Both clients send the same head of a request without a body.
func TestRequestsWithoutABody(t *testing.T) {
	for _, method := range target.Methods() {
		for name, kind := range kinds(t, true) {
			t.Run(method+", "+name, func(t *testing.T) {
				var got http.Request
				server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = *r }))
				defer server.Close()
				address := server.Listener.Addr().String()
				made, err := target.New(target.Target{Method: method, URL: "http://" + address + "/", Headers: []target.Header{{Name: "Host", Value: "example.org:81"}}})
				if err != nil {
					t.Fatal(err)
				}
				conn := dial(t, kind, address)
				conn.Send(connection.Request{Target: &made})
				conn.Serve(func(*connection.Response) (connection.Action, *connection.Request) { return connection.Close, nil })
				server.Close()
				length := ""
				if method == "POST" || method == "PUT" || method == "PATCH" {
					length = "0"
				}
				if got.Header.Get("Content-Length") != length || len(got.TransferEncoding) > 0 || got.ContentLength != 0 || got.Host != "example.org:81" {
					t.Errorf("length %q, encoding %v, host %s; want length %q", got.Header.Get("Content-Length"), got.TransferEncoding, got.Host, length)
				}
			})
		}
	}
}

// Where the generator's own machine is the limit, the response says so and blames no server.
func TestAnOwnLimitIsNoFailureOfTheServer(t *testing.T) {
	_, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}}).DialContext(t.Context(), "tcp", "127.0.0.1:9")
	if err == nil {
		t.Skip("this machine has the address 192.0.2.1")
	}
	if r := connection.Refused(fmt.Errorf("dial: %w", err)); !r.Cause.Own() {
		t.Errorf("%v has the cause %+v, want one of the machine's own", err, r.Cause)
	}
}
