package attack

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	depth = 100_000 // of nested JSON and of nested parentheses
	large = 20 << 20
)

// sizes expects that what is too large or too deep is refused with its own
// status, before it has used memory or a stack.
func (v *victim) sizes(t *testing.T) {
	prometheus := v.guarded["Prometheus's API, without containers"][0]
	control := v.guarded["admin, of the load generator"][0]
	admin := v.admin["iobound"]
	type attack struct {
		name, address, method, target, fields, body string
		want                                        []int
	}
	var all []attack
	for listener, address := range v.addressesOf() {
		all = append(all,
			attack{"a field of 128 KiB to " + listener, address, "GET", "/", "X-Large: " + strings.Repeat("a", 128<<10) + "\r\n", "", []int{431}},
			attack{"10,000 fields to " + listener, address, "GET", "/", strings.Repeat("X-Many: aaaaaaa\r\n", 10_000), "", []int{431}},
			attack{"a target of 128 KiB to " + listener, address, "GET", "/" + strings.Repeat("a", 128<<10), "", "", []int{431}},
		)
	}
	const typed = "Content-Type: application/json\r\n"
	nested := strings.Repeat(`[`, depth)
	for _, to := range []struct{ address, method, target string }{
		{v.gateway, "POST", "/io/wait"}, {v.gateway, "POST", "/mixed/parallel"}, {v.gateway, "POST", "/items"}, {v.gateway, "PUT", "/items/1"},
		{control, "PATCH", "/api/v1/run"}, {admin, "PUT", "/fault"}, {admin, "PUT", "/loglevel"}, {v.otlp, "POST", "/v1/traces"},
	} {
		for name, body := range map[string]string{
			"arrays": nested, "objects": strings.Repeat(`{"a":`, depth), "a nested value": `{"name":` + nested + strings.Repeat(`]`, depth) + `}`,
			"60 KB of members": `{` + strings.Repeat(`"a":1,`, 10_000) + `"b":1}`, "one number": `{"ms":1` + strings.Repeat("0", 50_000) + `}`, "a huge exponent": `{"ms":1e999999999}`,
		} {
			want := []int{400, 413, 422}
			if to.address == v.otlp && !strings.Contains(name, "arrays") {
				want = append(want, 200) // OTLP ignores members that it does not know
			}
			all = append(all, attack{name + " to " + to.target, to.address, to.method, to.target, typed, body, want})
		}
		all = append(all, attack{"20 MiB to " + to.target, to.address, to.method, to.target, typed, strings.Repeat(" ", large), []int{413}})
	}
	all = append(all,
		attack{"a bomb of gzip", v.otlp, "POST", "/v1/traces", "Content-Type: application/x-protobuf\r\nContent-Encoding: gzip\r\n", bomb(t), []int{413}},
		attack{"a million points", prometheus, "GET", "/api/v1/query_range?query=up&start=0&end=100000000&step=1", "", "", []int{400, 422}},
		attack{"the deepest query", prometheus, "GET", "/api/v1/query?query=" + strings.Repeat("-", 8000) + "up", "", "", []int{200, 422}},
		attack{"an hour of profile", admin, "GET", "/debug/pprof/profile?seconds=3600", "", "", []int{400}},
		attack{"a thousand million milliseconds", v.gateway, "GET", "/io/wait?ms=1000000000", "", "", []int{400}},
		attack{"a thousand million items", v.gateway, "GET", "/items?limit=1000000000", "", "", []int{400}},
		attack{"a billion fields of a matrix", v.gateway, "GET", "/cpu/matrix?n=1000000000", "", "", []int{400, 404}},
		attack{"a million ranges", v.gateway, "GET", "/openapi.json", "Range: bytes=" + strings.Repeat("0-,", 3000) + "0-1\r\n", "", []int{200, 416, 431}},
	)
	form := "Content-Type: application/x-www-form-urlencoded\r\n"
	for name, query := range map[string]string{
		"nested parentheses": strings.Repeat("(", depth), "nested functions": strings.Repeat("abs(", depth), "nested minus": strings.Repeat("-", 60_000) + "up",
		"a body of 20 MiB": strings.Repeat("a", large), "nested subqueries": "up" + strings.Repeat("[1d:1s]", 1000),
	} {
		all = append(all, attack{name + " of PromQL", prometheus, "POST", "/api/v1/query", form, "query=" + query, []int{400, 413, 422}})
	}
	atOnce(all, func(a attack) {
		text := a.method + " " + a.target + " HTTP/1.1\r\nHost: " + a.address + "\r\nConnection: close\r\n" + a.fields
		if a.body != "" {
			text += fmt.Sprintf("Content-Length: %d\r\n", len(a.body))
		}
		got := send(t, a.address, text+"\r\n"+a.body)
		// A listener that closes while the rest of a body is on its way resets the connection, reply and all.
		cut := got.status() == 0 && len(a.body) >= large
		if !cut && (len(got.statuses) != 1 || !slices.Contains(a.want, got.status())) {
			t.Errorf("%s: replies %v, want %v; %.300q", a.name, got.statuses, a.want, got.raw)
		}
	})
	t.Logf("%d attacks", len(all))
}

// bomb is 64 MiB of zeros in some 64 KiB.
func bomb(t *testing.T) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for range 64 {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}
