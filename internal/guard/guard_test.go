package guard_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"loadlab/internal/guard"
)

func TestWrap(t *testing.T) {
	const ok, foreign, unknown = http.StatusNoContent, http.StatusForbidden, http.StatusMisdirectedRequest
	for _, row := range []struct {
		name, method, host, headers string
		want                        int
	}{
		{"a program", "POST", "127.0.0.1:9081", "", ok},
		{"a program, by an address of the machine", "POST", "10.1.2.3:9464", "", ok},
		{"a program, by an IPv6 address", "GET", "[fe80::1]:9464", "", ok},
		{"a program, by a name of the setting", "PUT", "CPUBOUND:9464", "", ok},
		{"a program, by another name", "GET", "cpubound2:9464", "", unknown},
		{"a program without a name", "GET", "", "", unknown},
		{"its own page", "POST", "localhost:8089", "Origin: http://localhost:8089, Sec-Fetch-Site: same-origin", ok},
		{"its own page behind TLS, by a name of the setting", "POST", "lab.example", "Origin: https://lab.example, Sec-Fetch-Site: same-origin", ok},
		{"its own page, by an address, reads", "GET", "10.1.2.3:8089", "Sec-Fetch-Site: same-origin", ok},
		{"its own page, by an address, changes", "POST", "10.1.2.3:8089", "Sec-Fetch-Site: same-origin", foreign},
		{"its own page, by an address, asks for a head", "HEAD", "10.1.2.3:8089", "Sec-Fetch-Site: same-origin", ok},
		{"its own page, by an address, asks for methods", "OPTIONS", "10.1.2.3:8089", "Sec-Fetch-Site: same-origin", foreign},
		{"its own page in an older browser, by an address, changes", "POST", "10.1.2.3:8089", "Origin: http://10.1.2.3:8089", foreign},
		{"typed by the user", "GET", "localhost:8089", "Sec-Fetch-Site: none", ok},
		{"another page", "POST", "127.0.0.1:9081", "Origin: http://evil.example", foreign},
		{"another page reads", "GET", "127.0.0.1:9081", "Origin: http://evil.example", foreign},
		{"another port", "POST", "127.0.0.1:9081", "Origin: http://127.0.0.1:8089", foreign},
		{"a page without an origin", "POST", "127.0.0.1:9081", "Origin: null", foreign},
		{"an origin that is no URL", "POST", "127.0.0.1:9081", "Origin: http://%zz", foreign},
		{"an origin without a host", "POST", "127.0.0.1:9081", "Origin: file:", foreign},
		{"another site without an origin", "POST", "127.0.0.1:9081", "Sec-Fetch-Site: cross-site", foreign},
		{"another port of this site", "POST", "127.0.0.1:9081", "Sec-Fetch-Site: same-site", foreign},
		{"a script of another site", "GET", "127.0.0.1:9081", "Sec-Fetch-Site: cross-site, Sec-Fetch-Mode: no-cors, Sec-Fetch-Dest: script", foreign},
		{"a frame of another site", "GET", "127.0.0.1:9081", "Sec-Fetch-Site: cross-site, Sec-Fetch-Mode: navigate, Sec-Fetch-Dest: iframe", foreign},
		{"a link of another site", "GET", "127.0.0.1:9081", "Sec-Fetch-Site: cross-site, Sec-Fetch-Mode: navigate, Sec-Fetch-Dest: document", ok},
		{"a document that is fetched by another site", "GET", "127.0.0.1:9081", "Sec-Fetch-Site: cross-site, Sec-Fetch-Mode: cors, Sec-Fetch-Dest: document", foreign},
		{"a form of another site", "POST", "127.0.0.1:9081", "Sec-Fetch-Site: cross-site, Sec-Fetch-Mode: navigate, Sec-Fetch-Dest: document", foreign},
		{"a preflight", "OPTIONS", "127.0.0.1:9081", "Origin: http://evil.example, Access-Control-Request-Method: PUT", foreign},
		{"a name that is pointed at loopback", "GET", "evil.example:9081", "Sec-Fetch-Site: same-origin", unknown},
		{"a name that begins like an address", "GET", "127.0.0.1.evil.example:9081", "", unknown},
		{"a name that ends like loopback", "GET", "localhost.evil.example", "", unknown},
		{"a name with a user", "GET", "localhost@evil.example", "", unknown},
	} {
		t.Run(row.name, func(t *testing.T) {
			var names guard.Names
			if err := names.UnmarshalText([]byte("lab.example, cpubound,")); err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(row.method, "/fault", nil)
			r.Host = row.host
			for header := range strings.SplitSeq(row.headers, ", ") {
				if name, value, found := strings.Cut(header, ": "); found {
					r.Header.Set(name, value)
				}
			}
			reply := httptest.NewRecorder()
			guard.New("ADMIN_HOSTS", names).Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(ok)
			})).ServeHTTP(reply, r)
			if reply.Code != row.want {
				t.Errorf("status %d, %s; want %d", reply.Code, reply.Body, row.want)
			}
			if row.want == unknown && !strings.Contains(reply.Body.String(), "localhost and IP addresses, and to lab.example, cpubound; ADMIN_HOSTS adds names") {
				t.Errorf("the reply does not say what is allowed: %s", reply.Body)
			}
			if reply.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("other origins may read the reply")
			}
		})
	}
}

func TestOwn(t *testing.T) {
	g := guard.New("", guard.Names{"lab.example"})
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost:8089": true, "127.0.0.1": true, "127.9.9.9:1": true, "[::1]:8089": true, "[::1]": true, "::1": true,
		"lab.example": true, "LAB.example:80": true,
		"": false, "localhost.example": false, "127.0.0.1.example:80": false, "example": false, "10.0.0.1:80": false, "0.0.0.0:80": false, "[::]:80": false,
	} {
		if got := g.Own(host); got != want {
			t.Errorf("%q: %t, want %t", host, got, want)
		}
	}
}

func TestNamesThatCannotBeUsed(t *testing.T) {
	for _, text := range []string{"http://lab.example", "lab.example:80", "*", "a b", "[::1]"} {
		var names guard.Names
		if err := names.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is accepted as %v", text, names)
		}
	}
}
