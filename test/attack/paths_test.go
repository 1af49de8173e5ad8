package attack

import (
	"slices"
	"strings"
	"testing"
)

// tricks are paths that lead out of their route once a parser has decoded or cleaned them.
var tricks = []string{
	"/..", "/../metrics", "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/..%5c..%5cetc%5cpasswd",
	"/%252e%252e%252fetc%252fpasswd", "/..;/..;/etc/passwd", "/.%00./etc/passwd", "/%00", "/x%00.json", "/%c0%ae%c0%ae/etc/passwd", "/\\..\\go.mod",
	"//etc/passwd", "/./debug/pprof/cmdline", "//debug/pprof/cmdline", "/%2fdebug%2fpprof%2fcmdline", "/;/fault", "/%0d%0aX-Injected:%201",
	"//evil.example/%2f..", "/%5cevil.example", "/\\evil.example/..", "/@evil.example", "/http://evil.example/",
}

// prefixes are the routes of each listener that take what follows as a name.
var prefixes = map[string][]string{
	"gateway": {"", "/io", "/cpu", "/mixed", "/items", "/openapi.json"},
	"console": {"", "/static", "/dashboards", "/fault", "/prometheus/api/v1/label", "/traces/api/v3/traces", "/generator/api/v1/run",
		"/experiments/api/v1/runs", "/experiments/api/v1/runs/x/page"},
	"Prometheus's API, without containers": {"", "/api/v1/label"},
	"trace store, without containers":      {"", "/api/v3/traces", "/api/traces", "/api/services"},
	"admin, of each service":               {"", "/debug/pprof", "/fault"},
	"admin, of the load generator":         {"", "/api/v1/run"},
	"OTLP, without containers":             {"", "/v1"},
}

// secrets are parts of files and of replies that no path may lead to.
var secrets = []string{"root:x:", "module loadlab", "/lab\x00serve", "TMPDIR="}

func (v *victim) paths(t *testing.T) {
	type attack struct{ listener, address, path string }
	var all []attack
	for listener, under := range prefixes {
		address := v.gateway
		if known := v.guarded[listener]; len(known) > 0 {
			address = known[0]
		}
		for _, prefix := range under {
			for _, trick := range tricks {
				all = append(all, attack{listener, address, prefix + trick})
			}
		}
	}
	atOnce(all, func(a attack) {
		got := send(t, a.address, "GET "+a.path+" HTTP/1.1\r\nHost: "+a.address+"\r\nConnection: close\r\n\r\n")
		own := strings.HasPrefix(a.listener, "admin") && strings.Contains(a.path, "debug/pprof/cmdline") // which is a route there
		for _, secret := range secrets {
			if strings.Contains(got.body, secret) && !own {
				t.Errorf("%s of %s shows %q", a.path, a.listener, secret)
			}
		}
		if len(got.statuses) != 1 || got.status() >= 500 {
			t.Errorf("%s of %s: replies %v, %.300q", a.path, a.listener, got.statuses, got.raw)
		}
		if to := got.first.Get("Location"); strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) || strings.Contains(to, "://") {
			t.Errorf("%s of %s leads to another host: %s", a.path, a.listener, to)
		}
		if got.first.Get("X-Injected") != "" {
			t.Errorf("%s of %s injects a field", a.path, a.listener)
		}
	})
	t.Logf("%d attacks", len(all))
}

// fields are header fields that are reflected, forwarded or logged.
var fields = []string{"X-Request-Id", "Traceparent", "Tracestate", "Baggage", "Idempotency-Key", "X-Request-Timeout-Ms", "If-Match", "If-None-Match",
	"User-Agent", "Accept", "Content-Type", "Last-Event-ID", "X-Loadlab-Token", "Cookie", "Origin", "X-Forwarded-For", "Range", "Expect"}

// values try to end a field, or to be more than one.
var values = []string{"a%0d%0aX-Injected: 1", `a\r\nX-Injected: 1`, "a\rX-Injected: 1", "a\r\n\tX-Injected: 1", "a\x00X-Injected: 1", "a\u2028X-Injected: 1",
	"a\u560d\u560aX-Injected: 1", strings.Repeat("a", 8<<10), "\xff\xfe", `"`, `";alert(1)//`, markup}

// headers expects that no value adds a field to a reply, and that no field of a
// client takes away or replaces what the gateway and the services decide.
func (v *victim) headers(t *testing.T) {
	type attack struct{ address, text string }
	var all []attack
	add := func(address, head string) {
		all = append(all, attack{address, head + "\r\nHost: " + address + "\r\n"})
	}
	for _, field := range fields {
		for _, value := range values {
			add(v.gateway, "GET /io/wait?ms=1 HTTP/1.1\r\n"+field+": "+value)
			add(v.console, "GET /config.json HTTP/1.1\r\n"+field+": "+value)
		}
	}
	for _, parameter := range []string{"ms", "note", "name", "blocking"} {
		add(v.gateway, "GET /io/wait?"+parameter+"=1%0d%0aX-Injected:%201 HTTP/1.1")
	}
	hops := []string{"X-Request-Id", "Traceparent", "Host", "Content-Length", "Transfer-Encoding", "X-Request-Timeout-Ms", "X-Forwarded-For", "Authorization",
		"Connection", "Keep-Alive", "Content-Type", "Accept-Encoding", "close, Upgrade", "Upgrade, HTTP2-Settings"}
	for _, named := range hops {
		add(v.gateway, "GET /io/wait?ms=1 HTTP/1.1\r\nConnection: "+named)
		add(v.gateway, "POST /io/wait?ms=1 HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 0\r\nConnection: "+named)
	}
	for _, upgrade := range []string{"websocket", "h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "TLS/1.0", "loadlab"} {
		add(v.gateway, "GET /io/wait?ms=1 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: "+upgrade)
		add(v.console, "GET /generator/api/v1/run HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: "+upgrade)
	}
	atOnce(all, func(a attack) {
		got := send(t, a.address, a.text+"\r\n")
		if got.first.Get("X-Injected") != "" {
			t.Errorf("%.200q injects a field: %q", a.text, got.raw)
		}
		if len(got.statuses) != 1 || got.status() >= 500 || got.status() == 101 {
			t.Errorf("%.200q: replies %v, %.300q", a.text, got.statuses, got.raw)
		}
		if slices.Contains(got.first["Access-Control-Allow-Origin"], "*") {
			t.Errorf("%.200q: every origin may read the reply", a.text)
		}
	})
	t.Logf("%d attacks", len(all))
}
