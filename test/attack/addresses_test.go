package attack

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// trap is a listener that nothing has a reason to call.
func trap(t *testing.T) (address string, called *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	called = &atomic.Int64{}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			called.Add(1)
			_ = conn.Close()
		}
	}()
	return listener.Addr().String(), called
}

// addresses puts an address into everything that a request consists of, and
// expects that no process of the lab calls it.
func (v *victim) addresses(t *testing.T) {
	address, called := trap(t)
	forms := []string{"http://" + address + "/", "//" + address + "/", address, "@" + address, "http://127.0.0.1@" + address + "/"}
	targets := v.parameters(t)
	for _, prefix := range []string{"/prometheus/api/v1/query?query=", "/prometheus/api/v1/label/", "/traces/api/v3/traces/", "/traces/api/v3/traces?query.service_name=",
		"/generator/api/v1/run?url=", "/fault/items?url=", "/experiments/api/v1/runs/", "/dashboards/io-vs-cpu/queries?var-job=", "/static/"} {
		targets = append(targets, target{v.console, "GET", prefix})
	}
	prometheus, traces := v.guarded["Prometheus's API, without containers"][0], v.guarded["trace store, without containers"][0]
	for _, name := range []string{"query", "match[]", "time", "start", "url"} {
		targets = append(targets, target{prometheus, "GET", "/api/v1/query?" + name + "="}, target{prometheus, "GET", "/api/v1/series?" + name + "="})
	}
	targets = append(targets, target{traces, "GET", "/api/v3/traces/"}, target{traces, "GET", "/api/traces?service="})
	for _, admin := range v.admin {
		targets = append(targets, target{admin, "PUT", "/fault?kind=errors&value="}, target{admin, "PUT", "/fault?kind="}, target{admin, "PUT", "/loglevel?level="},
			target{admin, "GET", "/debug/pprof/profile?seconds="}, target{admin, "GET", "/debug/pprof/"})
	}
	type attack struct{ address, text string }
	var all []attack
	for _, to := range targets {
		for _, form := range forms {
			all = append(all, attack{to.address, to.method + " " + to.prefix + url.QueryEscape(form) + " HTTP/1.1\r\nHost: " + to.address + "\r\n"})
		}
	}
	for _, form := range forms {
		for _, field := range []string{"X-Forwarded-Host", "X-Forwarded-For", "Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-Host", "Referer", "X-Request-Id", "Baggage", "Link", "From"} {
			all = append(all, attack{v.gateway, "GET /mixed/sequence?io_ms=1&cpu_ms=1 HTTP/1.1\r\nHost: " + v.gateway + "\r\n" + field + ": " + form + "\r\n"})
		}
	}
	for _, front := range []string{v.gateway, v.console} {
		all = append(all, attack{front, "GET http://" + address + "/io/wait HTTP/1.1\r\nHost: " + address + "\r\n"},
			attack{front, "GET /io/wait HTTP/1.1\r\nHost: " + address + "\r\n"}, attack{front, "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"})
	}
	atOnce(all, func(a attack) {
		if got := send(t, a.address, a.text+"Connection: close\r\n\r\n"); len(got.statuses) != 1 || got.status() >= 500 && got.status() != http.StatusNotImplemented {
			t.Errorf("%.200q: replies %v, %.300q", a.text, got.statuses, got.raw)
		}
	})
	v.addressInBodies(t, forms)
	if n := called.Load(); n != 0 {
		t.Errorf("%d connections were made to an address of a request", n)
	}
	t.Logf("%d attacks", len(all))
}

// addressInBodies sends the forms as what the APIs take, with the console's token where there is one.
func (v *victim) addressInBodies(t *testing.T, forms []string) {
	for _, form := range forms {
		text, err := json.Marshal(form)
		if err != nil {
			t.Fatal(err)
		}
		for path, body := range map[string]string{
			"/experiments/api/v1/runs":  `{"name":%s}`,
			"/generator/api/v1/run":     `{"mix":{%s:1}}`,
			"/fault/items":              `{"kind":%s}`,
			"/generator/api/v1/run?url": `{"base_url":%s}`,
		} {
			method := map[bool]string{true: http.MethodPatch, false: http.MethodPost}[strings.HasPrefix(path, "/generator")]
			if path == "/fault/items" {
				method = http.MethodPut
			}
			err := observe.Change(t.Context(), "http://"+v.console, method, path, fmt.Sprintf(body, text))
			if err == nil || !strings.Contains(err.Error(), ": 40") && !strings.Contains(err.Error(), ": 404") {
				t.Errorf("%s %s with the address %s: %v", method, path, form, err)
			}
		}
	}
}

// target is the beginning of a request's target; what follows it is the attack.
type target struct{ address, method, prefix string }

// parameters are those of the gateway's document, one at a time.
func (v *victim) parameters(t *testing.T) []target {
	t.Helper()
	_, text := testkit.Get(t, "http://"+v.gateway+"/openapi.json")
	var document struct {
		Paths map[string]struct {
			Parameters []struct{ Name, In string }
			Get        struct {
				Parameters []struct{ Name, In string }
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	var all []target
	for path, item := range document.Paths {
		for _, p := range append(item.Parameters, item.Get.Parameters...) {
			switch p.In {
			case "query":
				all = append(all, target{v.gateway, "GET", path + "?" + p.Name + "="})
			case "path":
				before, _, _ := strings.Cut(path, "{")
				all = append(all, target{v.gateway, "GET", before})
			}
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d parameters in the document", len(all))
	}
	return all
}
