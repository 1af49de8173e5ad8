package cli_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"loadlab/loadgen/report"
)

// authority is a certificate authority in a folder, with the certificates that it has signed.
type authority struct {
	t      *testing.T
	folder string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, folder: t.TempDir()}
	a.cert, a.key = a.sign("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// path is the file of a certificate or key.
func (a *authority) path(name string) string { return filepath.Join(a.folder, name+".pem") }

// sign makes a certificate with its key, each in a file, and both in a third.
func (a *authority) sign(name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(a.t, err)
	c.Subject, c.SerialNumber = pkix.Name{CommonName: name}, big.NewInt(time.Now().UnixNano())
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	must(a.t, err)
	made, err := x509.ParseCertificate(der)
	must(a.t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(a.t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	must(a.t, os.WriteFile(a.path(name), certPEM, 0o600))
	must(a.t, os.WriteFile(a.path(name+"-key"), keyPEM, 0o600))
	must(a.t, os.WriteFile(a.path(name+"-both"), append(keyPEM, certPEM...), 0o600))
	return made, key
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// secure serves TLS with a certificate for shop.example; with mutual, clients need one of the authority.
func (a *authority) secure(http2, mutual bool, handler http.Handler) *httptest.Server {
	a.t.Helper()
	a.sign("server", &x509.Certificate{DNSNames: []string{"shop.example"}})
	pair, err := tls.LoadX509KeyPair(a.path("server"), a.path("server-key"))
	must(a.t, err)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = quietLog
	server.EnableHTTP2 = http2
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if mutual {
		server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		server.TLS.ClientCAs.AddCert(a.cert)
	}
	server.StartTLS()
	a.t.Cleanup(server.Close)
	return server
}

// quietLog drops what a server says about refused handshakes.
var quietLog = log.New(io.Discard, "", 0)

// load runs the load generator for a few requests and returns its report. Empty targets are among the arguments.
func load(t *testing.T, targets string, args ...string) *report.Report {
	t.Helper()
	fixed := []string{"--loop=batch", "--count=3", "--timeout=1m", "--report=-", "--admin-addr=off"}
	if targets != "" {
		fixed = append(fixed, "--targets="+targets)
	}
	code, stdout, stderr := command(t.Context(), append(fixed, args...))
	var r report.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("exit code %d, no report (%v): %s%s", code, err, stdout, stderr)
	}
	return &r
}

// echo answers with the protocol of the request.
func echo() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) })
}

func TestTLS(t *testing.T) {
	a := newAuthority(t)
	a.sign("client", &x509.Certificate{})
	var name atomic.Value
	see := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { name.Store(r.TLS.ServerName) })
	open, mutual := a.secure(false, false, see), a.secure(false, true, see)
	elsewhere := func(s *httptest.Server) string {
		_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
		return "https://shop.example:" + port + "/"
	}
	resolve := func(s *httptest.Server) string {
		_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
		return "--resolve=shop.example:" + port + ":127.0.0.1"
	}
	for _, row := range []struct {
		name   string
		target string
		args   []string
		cause  string // of the failure; empty means success
	}{
		{"an authority that is unknown", open.URL, []string{"--server-name=shop.example"}, "TLS certificate is signed by an unknown authority"},
		{"any certificate", open.URL, []string{"--insecure=true"}, ""},
		{"own authority, other name", open.URL, []string{"--ca", a.path("ca")}, "TLS certificate is not valid for 127.0.0.1"},
		{"own authority, name of the certificate", open.URL, []string{"--ca", a.path("ca"), "--server-name=shop.example"}, ""},
		{"another name than the certificate's", open.URL, []string{"--ca", a.path("ca"), "--server-name=other.example"}, "TLS certificate is not valid for other.example"},
		{"own authority, resolved", elsewhere(open), []string{"--ca", a.path("ca"), resolve(open)}, ""},
		{"a certificate is wanted", mutual.URL, []string{"--insecure=true"}, "TLS refused by the server"},
		{"a certificate is given", mutual.URL, []string{"--insecure=true", "--cert", a.path("client"), "--key", a.path("client-key")}, ""},
		{"certificate and key in one file", mutual.URL, []string{"--insecure=true", "--cert", a.path("client-both")}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			name.Store("")
			r := load(t, row.target, row.args...)
			failures := r.Failures()
			switch {
			case row.cause == "" && (r.Succeeded() != 3 || len(failures) != 0):
				t.Errorf("succeeded %d, failures %+v", r.Succeeded(), failures)
			case row.cause != "" && (r.Failed() != 3 || len(failures) == 0 || !strings.HasPrefix(failures[0].Cause, row.cause)):
				t.Errorf("failed %d, failures %+v, want %q", r.Failed(), failures, row.cause)
			}
			if want := "shop.example"; row.cause == "" && !slices.Contains(row.args, "--insecure=true") && name.Load() != want {
				t.Errorf("the server was asked for %q, want %q", name.Load(), want)
			}
			if c := r.Clients; len(c) != 1 || c[0].Name != report.StdClient || !slices.Equal(c[0].Why, []string{"https"}) {
				t.Errorf("clients %+v", c)
			}
		})
	}
}

func TestVersionsOfHTTP(t *testing.T) {
	a := newAuthority(t)
	both, old := a.secure(true, false, echo()), a.secure(false, false, echo())
	silent := httptest.NewUnstartedServer(echo())
	silent.Config.ErrorLog = quietLog
	silent.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: both.TLS.Certificates}, nil
	}}
	silent.StartTLS()
	t.Cleanup(silent.Close)
	clear := httptest.NewUnstartedServer(echo())
	clear.Config.Protocols = &http.Protocols{}
	clear.Config.Protocols.SetHTTP1(true)
	clear.Config.Protocols.SetUnencryptedHTTP2(true)
	clear.Start()
	t.Cleanup(clear.Close)
	for _, row := range []struct {
		name, target, version string
		protocol              string // of the responses to net/http
		why                   []string
	}{
		{"TLS, both", both.URL, "auto", "HTTP/2", []string{"https"}},
		{"TLS, both, 1.1 chosen", both.URL, "1.1", "HTTP/1.1", []string{"https"}},
		{"TLS, both, 2 chosen", both.URL, "2", "HTTP/2", []string{"https", "HTTP/2"}},
		{"TLS, 1.1 alone", old.URL, "auto", "HTTP/1.1", []string{"https"}},
		{"TLS, 1.1 alone, 2 chosen", old.URL, "2", "", []string{"https", "HTTP/2"}},
		{"TLS without ALPN", silent.URL, "auto", "HTTP/1.1", []string{"https"}},
		{"TLS without ALPN, 2 chosen", silent.URL, "2", "", []string{"https", "HTTP/2"}},
		{"clear", clear.URL, "auto", "", nil},
		{"clear, 2 chosen", clear.URL, "2", "HTTP/2", []string{"HTTP/2"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			args := []string{"--http=" + row.version}
			if strings.HasPrefix(row.target, "https") {
				args = append(args, "--insecure=true")
			}
			r := load(t, row.target, args...)
			want, lean := map[string]uint64{row.protocol: 3}, row.why == nil
			if row.protocol == "" {
				want = nil
			}
			if !maps.Equal(r.Protocols, want) || (r.Succeeded() == 3) != (lean || want != nil) {
				t.Errorf("protocols %v, succeeded %d, failures %+v; want %v", r.Protocols, r.Succeeded(), r.Failures(), want)
			}
			if c := r.Clients; len(c) != 1 || (c[0].Name == report.LeanClient) != lean || !slices.Equal(c[0].Why, row.why) {
				t.Errorf("clients %+v, want because of %v", c, row.why)
			}
		})
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	must(t, err)
	var host atomic.Value
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host.Store(r.Host) })}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	r := load(t, "http://shop.example/", "--unix-socket="+path)
	if c := r.Clients; r.Succeeded() != 3 || host.Load() != "shop.example" || c[0].Name != report.StdClient || !slices.Equal(c[0].Why, []string{"Unix socket"}) {
		t.Errorf("succeeded %d, failures %+v, host %q, clients %+v", r.Succeeded(), r.Failures(), host.Load(), c)
	}
}

// Both clients go where they are sent, and come from where they should.
func TestAddresses(t *testing.T) {
	for _, client := range []string{"lean", "std"} {
		t.Run(client, func(t *testing.T) {
			s := newRecorded(t)
			_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
			r := load(t, "http://Shop.example:"+port+"/", "--client="+client, "--resolve=*:"+port+":127.0.0.9,shop.example:"+port+":127.0.0.1",
				"--source-addresses=127.0.0.2,127.0.0.3", "--keepalive=false", "--basic-auth=a b:c:d")
			if r.Succeeded() != 3 {
				t.Fatalf("succeeded %d, failures %+v", r.Succeeded(), r.Failures())
			}
			from := map[string]bool{}
			for _, request := range s.requests {
				host, _, _ := net.SplitHostPort(request.RemoteAddr)
				from[host] = true
				if name, password, ok := request.BasicAuth(); !ok || name != "a b" || password != "c:d" || request.Host != "Shop.example:"+port {
					t.Errorf("name %q, password %q, host %q", name, password, request.Host)
				}
			}
			if !maps.Equal(from, map[string]bool{"127.0.0.2": true, "127.0.0.3": true}) {
				t.Errorf("requests came from %v", from)
			}
		})
	}
}

// What has no effect, or cannot be used, is refused by its flag.
func TestWrongOptionsOfConnections(t *testing.T) {
	a := newAuthority(t)
	a.sign("client", &x509.Certificate{})
	a.sign("other", &x509.Certificate{})
	text := filepath.Join(t.TempDir(), "text")
	must(t, os.WriteFile(text, []byte("no PEM"), 0o600))
	empty := filepath.Join(t.TempDir(), "empty")
	must(t, os.WriteFile(empty, nil, 0o600))
	const plain, secure = "http://127.0.0.1:1/", "https://127.0.0.1:1/"
	for _, row := range []struct {
		target string
		args   []string
		want   string
	}{
		{plain, []string{"--insecure=true"}, "options of TLS need a target with https"},
		{secure, []string{"--insecure=true", "--ca", a.path("ca")}, "no effect if any certificate is accepted"},
		{secure, []string{"--ca", text}, "no certificate in PEM form"},
		{secure, []string{"--ca", empty}, "--ca"},
		{secure, []string{"--ca=/nowhere"}, "--ca"},
		{secure, []string{"--cert", a.path("client")}, "--cert"},
		{secure, []string{"--cert", a.path("client"), "--key", a.path("other-key")}, "does not match"},
		{secure, []string{"--key", a.path("client-key")}, "a private key needs a certificate"},
		{plain, []string{"--http=3"}, "--http"},
		{plain, []string{"--resolve=127.0.0.1:1"}, "the address is missing"},
		{plain, []string{"--resolve=other.example:1:127.0.0.1"}, "which no target has"},
		{plain, []string{"--resolve=localhost:2:127.0.0.1"}, "which no target has"},
		{"http://localhost:1/", []string{"--resolve=localhost:1:192.0.2.1"}, "neither loopback"},
		{"http://shop.example/", []string{"--resolve=*:80:192.0.2.1"}, "neither loopback"},
		{plain, []string{"--source-addresses=192.0.2.1"}, "connections cannot come from 192.0.2.1"},
		{plain, []string{"--source-addresses=here"}, `"here" is no IP address`},
		{plain, []string{"--unix-socket=/nowhere"}, "--unix-socket"},
		{plain, []string{"--unix-socket", text}, "is not a Unix socket"},
		{plain, []string{"--basic-auth=name"}, "not name:password"},
		{plain, []string{"--basic-auth=name:secret", "--headers=authorization: x"}, "cannot be together"},
	} {
		code, _, stderr := command(t.Context(), append([]string{"--admin-addr=off", "--targets=" + row.target}, row.args...))
		if code != 2 || !strings.Contains(stderr, row.want) || strings.Contains(stderr, "secret") {
			t.Errorf("%s %v: exit code %d, %s; want %q", row.target, row.args, code, stderr, row.want)
		}
	}
}

func TestTheDocumentedConnection(t *testing.T) {
	a := newAuthority(t)
	s := a.secure(true, false, echo())
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, command := range documented(t, "Connections", "shop.example/", "shop.example:"+port+"/", ":443:", ":"+port+":", "ca.pem", a.path("ca")) {
		r := load(t, "", words(t, command)...)
		if r.Succeeded() != 3 || r.Protocols["HTTP/2"] != 3 {
			t.Errorf("%s: succeeded %d, failures %+v, protocols %v", command, r.Succeeded(), r.Failures(), r.Protocols)
		}
	}
}
