package route_test

import (
	"net"
	"strings"
	"testing"

	"loadlab/loadgen/route"
)

func TestParseResolve(t *testing.T) {
	for _, row := range []struct{ text, dialled, want string }{
		{"a.example:80:127.0.0.1", "a.example:80", "127.0.0.1:80"},
		{"A.example:80:127.0.0.1", "a.Example:80", "127.0.0.1:80"},
		{"a.example:80:127.0.0.1", "a.example:81", "a.example:81"},
		{"a.example:80:127.0.0.1", "b.example:80", "b.example:80"},
		{"a:80:::1", "a:80", "[::1]:80"},
		{"a:80:[::1]", "a:80", "[::1]:80"},
		{"a:80:::ffff:127.0.0.1", "a:80", "127.0.0.1:80"},
		{"[::2]:80:::1", "[::2]:80", "[::1]:80"},
		{"*:80:127.0.0.1", "any:80", "127.0.0.1:80"},
		{"*:80:127.0.0.1, a:80:127.0.0.2", "a:80", "127.0.0.2:80"},
		{"a:80:127.0.0.2,*:80:127.0.0.1", "a:80", "127.0.0.2:80"},
		{" a:80:127.0.0.1 , ,b:80:127.0.0.2,", "b:80", "127.0.0.2:80"},
		{"", "b:80", "b:80"},
	} {
		all, err := route.ParseResolve(row.text)
		o := route.Options{Resolve: all}
		if got := o.Address(row.dialled); err != nil || got != row.want {
			t.Errorf("%q: %s is dialled as %s (%v), want %s", row.text, row.dialled, got, err, row.want)
		}
	}
	for text, want := range map[string]string{
		"a": "host is missing", ":80:127.0.0.1": "host is missing", "a:80": "address is missing", "a:80:": "no IP address", "a:80:b": "no IP address",
		"a:0:127.0.0.1": "port", "a:65536:127.0.0.1": "port", "a:http:127.0.0.1": "port", "a::127.0.0.1": "port", "a:+80:127.0.0.1": "port",
		"[::1:80:127.0.0.1": "bracket", "[x]:80:127.0.0.1": "no IPv6 address", "a:80:127.1": "no IP address", "a:80:127.0.0.1:9": "no IP address",
		"a:80:127.0.0.1,A:80:127.0.0.2": "two addresses", "a:80:127.0.0.1;b:80:127.0.0.1": "no IP address", "a:80:[::1": "no IP address",
		strings.TrimSuffix(strings.Repeat("a:80:127.0.0.1,", 2), ","): "two addresses",
	} {
		if _, err := route.ParseResolve(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// A connection comes from an address of the family of the other end, or from none.
func TestSourcesFitTheFamily(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	sources, err := route.ParseSources("127.0.0.2,::1,127.0.0.3")
	if err != nil {
		t.Skip("this machine has no IPv6:", err)
	}
	router := route.New(route.Options{Sources: sources})
	for range 6 {
		conn, err := router.Dial(t.Context(), net.Dialer{}, listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if from := conn.LocalAddr().(*net.TCPAddr).IP.String(); from != "127.0.0.2" && from != "127.0.0.3" {
			t.Errorf("a connection comes from %s", from)
		}
		conn.Close()
	}
	router = route.New(route.Options{Sources: sources[1:2]})
	if _, err := router.Dial(t.Context(), net.Dialer{}, listener.Addr().String()); err == nil || !strings.Contains(err.Error(), "no source address is of the family of 127.0.0.1") {
		t.Errorf("from ::1 to 127.0.0.1: %v", err)
	}
}

func FuzzParseResolve(f *testing.F) {
	for _, text := range []string{"a:80:127.0.0.1", "[::2]:80:[::1]", "*:1:::1,a:2:1.2.3.4"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := route.ParseResolve(text)
		if err != nil {
			return
		}
		o := route.Options{Resolve: all}
		for _, override := range all {
			from := net.JoinHostPort(override.Host, override.Port)
			if host, _, err := net.SplitHostPort(o.Address(from)); err != nil || !override.To.IsValid() || net.ParseIP(host) == nil && override.To.Zone() == "" {
				t.Fatalf("%q: %q is dialled as %q", text, from, o.Address(from))
			}
		}
	})
}
