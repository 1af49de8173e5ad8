package console_test

import (
	"net/http"
	"strings"
	"testing"

	"loadlab/console"
	"loadlab/internal/guard"
)

func TestChangesNeedEveryHalf(t *testing.T) {
	l := full(t)
	for _, row := range []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"everything", func(*http.Request) {}, 200},
		{"without an origin", func(r *http.Request) { r.Header.Del("Origin") }, 200},
		{"by the name localhost", func(r *http.Request) { rename(r, strings.Replace(r.Host, "127.0.0.1", "localhost", 1)) }, 200},
		{"without a token", func(r *http.Request) { r.Header.Del("X-Loadlab-Token") }, 403},
		{"with another token", func(r *http.Request) { r.Header.Set("X-Loadlab-Token", strings.Repeat("0", 64)) }, 403},
		{"without a cookie", func(r *http.Request) { r.Header.Del("Cookie") }, 403},
		{"with another cookie", func(r *http.Request) { r.Header.Set("Cookie", cookieOf(l)+"0") }, 403},
		{"from another port", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") }, 403},
		{"from a file", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"from another site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"from another service of this host", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		{"by a name that points here", func(r *http.Request) { rename(r, strings.Replace(r.Host, "127.0.0.1", "attacker.example", 1)) }, 421},
		{"by an address that is not loopback's", func(r *http.Request) { rename(r, strings.Replace(r.Host, "127.0.0.1", "10.1.2.3", 1)) }, 403},
	} {
		for _, to := range []struct{ method, path string }{
			{"PATCH", "/generator/api/v1/run"}, {"POST", "/generator/api/v1/run/stop"}, {"PUT", "/fault/items"}, {"DELETE", "/fault/items"},
		} {
			t.Run(row.name+" "+to.method, func(t *testing.T) {
				bare := *l
				bare.client = &http.Client{} // the row decides about the cookie
				got := bare.do(t, to.method, to.path, "", func(r *http.Request) {
					r.Header.Set("X-Loadlab-Token", l.token)
					r.Header.Set("Cookie", cookieOf(l))
					r.Header.Set("Origin", l.URL)
					r.Header.Set("Sec-Fetch-Site", "same-origin")
					r.Host = r.URL.Host
					row.change(r)
				})
				if got.status != row.status {
					t.Errorf("%s %s: status %d, not %d: %s", to.method, to.path, got.status, row.status, got.body)
				}
				if row.status != 200 && got.header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("content type %s", got.header.Get("Content-Type"))
				}
			})
		}
	}
}

// rename makes the request one that a page under that name sends.
func rename(r *http.Request, host string) {
	r.Host = host
	r.Header.Set("Origin", "http://"+host)
}

func cookieOf(l *lab) string {
	port := l.URL[strings.LastIndex(l.URL, ":")+1:]
	return "loadlab-" + port + "=" + l.token
}

func TestTokenIsForOwnNamesAlone(t *testing.T) {
	l := full(t)
	for host, status := range map[string]int{"attacker.example": 421, "10.1.2.3": 200} {
		got := l.do(t, http.MethodGet, "/config.json", "", func(r *http.Request) { r.Host = host })
		if got.status != status || strings.Contains(got.body, l.token) || got.header.Get("Set-Cookie") != "" {
			t.Errorf("under the name %s a page gets %d %s", host, got.status, got.body)
		}
	}
	own := l.get(t, "/config.json").header.Get("Set-Cookie")
	if !strings.Contains(own, "HttpOnly") || !strings.Contains(own, "SameSite=Strict") {
		t.Errorf("the cookie is %s", own)
	}
	if other := full(t); other.token == l.token || len(l.token) != 64 {
		t.Errorf("the token %q is no secret", l.token)
	}
}

func TestNamesOfTheEnvironmentAreOwn(t *testing.T) {
	e := console.Environment{Hosts: guard.Names{"lab.example"}, Page: "https://Page.example/lab"}
	l := open(t, e.Config())
	for _, host := range []string{"lab.example", "page.example"} {
		if got := l.do(t, http.MethodGet, "/config.json", "", func(r *http.Request) { r.Host = host }); !strings.Contains(got.body, l.token) {
			t.Errorf("%s: %d %s", host, got.status, got.body)
		}
	}
}
