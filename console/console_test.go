package console_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"loadlab/console"
	"loadlab/internal/testkit"
)

// echo answers with the request that reached it.
func echo(t *testing.T, name string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "upstream=1")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_ = json.NewEncoder(w).Encode(reached{name, r.Method, r.URL.RequestURI(), r.Host, r.Header, string(body)}) // the test reads it
	}))
	t.Cleanup(server.Close)
	return server
}

type reached struct {
	Upstream, Method, URI, Host string
	Header                      http.Header
	Body                        string
}

// lab is a console with all its upstreams, as a browser sees it.
type lab struct {
	*httptest.Server
	client *http.Client
	token  string
}

func open(t *testing.T, cfg console.Config) *lab {
	t.Helper()
	handler, err := console.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{Server: httptest.NewServer(cfg.Guard.Wrap(handler))}
	t.Cleanup(l.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	l.client = &http.Client{Jar: jar}
	var settings struct{ Token string }
	if err := json.Unmarshal([]byte(l.get(t, "/config.json").body), &settings); err != nil {
		t.Fatal(err)
	}
	l.token = settings.Token
	return l
}

func full(t *testing.T) *lab {
	t.Helper()
	return open(t, console.Config{
		Mode: console.ModeLab, Version: "v1", Jaeger: "http://127.0.0.1:16686",
		Prometheus: console.Upstream{URL: echo(t, "prometheus").URL}, Traces: console.Upstream{Handler: echo(t, "traces").Config.Handler},
		Generator: console.Upstream{URL: echo(t, "generator").URL},
		Faults: []console.Faults{{"gateway", console.Upstream{URL: echo(t, "gateway").URL}},
			{"items", console.Upstream{URL: echo(t, "items").URL}}},
	})
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (l *lab) get(t *testing.T, path string) answer {
	t.Helper()
	return l.do(t, http.MethodGet, path, "", nil)
}

func (l *lab) do(t *testing.T, method, path, body string, change func(*http.Request)) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, l.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(request)
	}
	response, err := l.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

func TestRequestsReachTheirUpstream(t *testing.T) {
	l := full(t)
	for _, row := range []struct {
		name, method, path, upstream, uri string
	}{
		{"query", "GET", "/prometheus/api/v1/query?query=up", "prometheus", "/api/v1/query?query=up"},
		{"query by form", "POST", "/prometheus/api/v1/query_range", "prometheus", "/api/v1/query_range"},
		{"label values", "GET", "/prometheus/api/v1/label/job/values", "prometheus", "/api/v1/label/job/values"},
		{"rules", "GET", "/prometheus/api/v1/rules", "prometheus", "/api/v1/rules"},
		{"services of traces", "GET", "/traces/api/v3/services", "traces", "/api/v3/services"},
		{"search", "GET", "/traces/api/v3/traces?query.service_name=gateway", "traces", "/api/v3/traces?query.service_name=gateway"},
		{"trace", "GET", "/traces/api/v3/traces/abc", "traces", "/api/v3/traces/abc"},
		{"state", "GET", "/generator/api/v1/run", "generator", "/api/v1/run"},
		{"events", "GET", "/generator/api/v1/run/events", "generator", "/api/v1/run/events"},
		{"patch", "PATCH", "/generator/api/v1/run", "generator", "/api/v1/run"},
		{"pause", "POST", "/generator/api/v1/run/pause", "generator", "/api/v1/run/pause"},
		{"faults", "GET", "/fault/gateway", "gateway", "/fault"},
		{"fault on", "PUT", "/fault/items", "items", "/fault"},
		{"faults off", "DELETE", "/fault/items?kind=stall", "items", "/fault?kind=stall"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := l.do(t, row.method, row.path, `{"rate":1}`, func(r *http.Request) {
				r.Header.Set("X-Loadlab-Token", l.token)
				r.Header.Set("Origin", l.URL)
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("X-Forwarded-For", "203.0.113.1")
			})
			var to reached
			if err := json.Unmarshal([]byte(got.body), &to); err != nil {
				t.Fatalf("%d %s", got.status, got.body)
			}
			if to.Upstream != row.upstream || to.URI != row.uri || to.Method != row.method {
				t.Errorf("%s %s of %s was asked", to.Method, to.URI, to.Upstream)
			}
			for _, secret := range []string{"X-Loadlab-Token", "Cookie", "Origin", "Sec-Fetch-Site", "X-Forwarded-For"} {
				if to.Header.Get(secret) != "" {
					t.Errorf("the upstream has got %s", secret)
				}
			}
			if to.Header.Get("Content-Type") != "application/json" || to.Body != `{"rate":1}` {
				t.Errorf("the upstream has got the body %q of type %q", to.Body, to.Header.Get("Content-Type"))
			}
			if row.upstream != "traces" && (got.header.Get("Set-Cookie") != "" || got.header.Get("Access-Control-Allow-Origin") != "") {
				t.Errorf("headers of the upstream have come through: %v", got.header)
			}
		})
	}
}

func TestNothingElseIsReached(t *testing.T) {
	l := full(t)
	for _, row := range []struct {
		name, method, path string
		status             int
	}{
		{"deletion of series", "POST", "/prometheus/api/v1/admin/tsdb/delete_series", 404},
		{"deletion by way of a label", "GET", "/prometheus/api/v1/label/..%2f..%2fadmin/values", 404},
		{"reload", "POST", "/prometheus/-/reload", 404},
		{"climbing out", "GET", "/prometheus/api/v1/query/../admin/tsdb/snapshot", 404},
		{"remote write", "POST", "/prometheus/api/v1/write", 404},
		{"change of a query's method", "PUT", "/prometheus/api/v1/query", 405},
		{"traces cannot be deleted", "DELETE", "/traces/api/v3/traces/abc", 405},
		{"metrics of the generator", "GET", "/generator/metrics", 404},
		{"unknown service", "GET", "/fault/postgres", 404},
		{"profile of a service", "GET", "/fault/items/debug/pprof", 404},
		{"address in the path", "GET", "/fault/127.0.0.1:9080", 404},
		{"source of the console", "GET", "/static/../console.go", 404},
		{"folder", "GET", "/static/", 404},
		{"unknown dashboard", "GET", "/dashboards/none.json", 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := l.do(t, row.method, row.path, "", func(r *http.Request) { r.Header.Set("X-Loadlab-Token", l.token) }); got.status != row.status {
				t.Errorf("status %d, not %d: %s", got.status, row.status, got.body)
			}
		})
	}
}

func TestUpstreamAway(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	l := open(t, console.Config{Prometheus: console.Upstream{URL: gone.URL}})
	for _, row := range []struct {
		path, detail string
		status       int
	}{
		{"/prometheus/api/v1/query?query=up", "Prometheus does not answer: ", 502},
		{"/traces/api/v3/services", "runs without the trace store", 404},
		{"/generator/api/v1/run/events", "runs without the load generator", 404},
	} {
		got := l.get(t, row.path)
		var problem struct {
			Status int
			Detail string
		}
		if err := json.Unmarshal([]byte(got.body), &problem); err != nil {
			t.Fatal(err)
		}
		if got.status != row.status || problem.Status != row.status || !strings.Contains(problem.Detail, row.detail) {
			t.Errorf("%s: %d %s", row.path, got.status, got.body)
		}
		if media := got.header.Get("Content-Type"); media != "application/problem+json" {
			t.Errorf("%s: content type %s", row.path, media)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	l := full(t)
	got := l.do(t, http.MethodPost, "/prometheus/api/v1/query", strings.Repeat("x", 2<<20), nil)
	if got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MiB to a query give %d: %.200s", got.status, got.body)
	}
	reply, _ := testkit.Raw(t, strings.TrimPrefix(l.URL, "http://"), "POST /prometheus/api/v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
	if reply.StatusCode != http.StatusBadRequest {
		t.Errorf("a malformed body to a query gives %s", reply.Status)
	}
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for block := bytes.Repeat([]byte("x"), 1<<20); ; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	flooded := open(t, console.Config{Prometheus: console.Upstream{URL: endless.URL}})
	response, err := flooded.client.Get(flooded.URL + "/prometheus/api/v1/query")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); err == nil || n > 80<<20 {
		t.Errorf("an endless answer ends after %d bytes with %v", n, err)
	}
}

func TestConfigIsRefused(t *testing.T) {
	for _, address := range []string{"127.0.0.1:9090", "ftp://127.0.0.1", "http://", "http://[::1"} {
		if _, err := console.New(console.Config{Prometheus: console.Upstream{URL: address}}); err == nil || !strings.Contains(err.Error(), "Prometheus") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := console.New(console.Config{Random: strings.NewReader("short")}); err == nil {
		t.Error("a token was made of too little")
	}
}

func TestSettings(t *testing.T) {
	l := full(t)
	var got struct {
		Version, Mode, Jaeger, Home string
		Services                    []string
		ScrapeSeconds               float64 `json:"scrape_seconds"`
		Dashboards                  []struct{ UID, Title string }
	}
	if err := json.Unmarshal([]byte(l.get(t, "/config.json").body), &got); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Services) != "[gateway items]" || got.Mode != "lab" || got.ScrapeSeconds != 2 || got.Version != "v1" || got.Jaeger == "" {
		t.Errorf("%+v", got)
	}
	if first := got.Dashboards[0].UID; first != got.Home {
		t.Errorf("the first dashboard of the list is %s", first)
	}
	home := false
	for _, d := range got.Dashboards {
		if board := l.get(t, "/dashboards/"+d.UID+".json"); board.status != 200 || d.Title == "" {
			t.Errorf("dashboard %+v: %d", d, board.status)
		}
		home = home || d.UID == got.Home
	}
	if !home {
		t.Errorf("the first dashboard %q is not among %v", got.Home, got.Dashboards)
	}
}

func TestMethods(t *testing.T) {
	l := full(t)
	get := func(targets ...string) (all []testkit.Resource) {
		for _, target := range targets {
			all = append(all, testkit.Resource{Target: target, Methods: []string{"GET"}})
		}
		return all
	}
	resources := get("/", "/static/app.js", "/static/style.css", "/config.json", "/dashboards/service.json",
		"/dashboards/service/queries?range=60&interval=5", "/traces/api/v3/services", "/traces/api/v3/traces/1")
	resources = append(resources,
		testkit.Resource{Target: "/fault/items", Methods: []string{"DELETE", "GET", "PUT"}},
		testkit.Resource{Target: "/generator/api/v1/run", Methods: []string{"GET", "PATCH"}},
		testkit.Resource{Target: "/generator/api/v1/run/stop", Methods: []string{"POST"}},
		testkit.Resource{Target: "/prometheus/api/v1/query?query=1", Methods: []string{"GET", "POST"}})
	testkit.CheckMethods(t, l.Config.Handler, resources...)
}

// A file of the page can be validated and read in parts.
func TestFilesAreConditional(t *testing.T) {
	l := full(t)
	whole := l.get(t, "/static/app.js")
	for _, row := range []struct {
		name, value, ranges string
		status              int
		body                string
	}{
		{"If-None-Match", whole.header.Get("ETag"), "", 304, ""},
		{"If-Match", whole.header.Get("ETag"), "", 200, whole.body},
		{"If-Match", `"other"`, "", 412, ""},
		{"If-Range", whole.header.Get("ETag"), "bytes=2-5", 206, whole.body[2:6]},
		{"If-Range", `"other"`, "bytes=2-5", 200, whole.body},
	} {
		a := l.do(t, http.MethodGet, "/static/app.js", "", func(r *http.Request) {
			r.Header.Set(row.name, row.value)
			if row.ranges != "" {
				r.Header.Set("Range", row.ranges)
			}
		})
		if a.status != row.status || a.body != row.body {
			t.Errorf("%s: %s: %d with %d bytes, want %d with %d", row.name, row.value, a.status, len(a.body), row.status, len(row.body))
		}
	}
	changed := l.do(t, http.MethodPut, "/fault/items?kind=stall", "", func(r *http.Request) {
		r.Header.Set("X-Loadlab-Token", l.token)
		r.Header.Set("If-Match", `"1"`)
	})
	if changed.status != http.StatusPreconditionFailed {
		t.Errorf("a change on a condition: %d %s", changed.status, changed.body)
	}
}
