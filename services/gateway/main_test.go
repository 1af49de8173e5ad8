package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"loadlab/internal/env"
	"loadlab/internal/outbound"
	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/internal/web/problem"
	"loadlab/services/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// door is a gateway that listens, with one upstream behind all its groups.
type door struct {
	*web.Server
	t   testing.TB
	url string
	tel *telemetry.Telemetry
}

// open starts a gateway whose upstreams are all at base, with the given
// variables, as NAME=value.
func open(t testing.TB, base string, variables ...string) *door {
	t.Helper()
	for _, name := range []string{"IOBOUND_URL", "CPUBOUND_URL", "MIXED_URL", "ITEMS_URL"} {
		variables = append(variables, name+"="+base)
	}
	var cfg gateway.Config
	var webCfg web.Config
	var telCfg telemetry.Config
	var calls outbound.Config
	if err := env.Parse(getenv(variables), &cfg, &webCfg, &telCfg, &calls); err != nil {
		t.Fatal(err)
	}
	d := &door{t: t}
	var err error
	if d.tel, err = telemetry.New(t.Context(), telCfg, telemetry.Identity{Service: "gateway", Instance: "test"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	transport := outbound.NewTransport(calls, d.tel)
	if d.Server, err = gateway.New(webCfg, cfg, d.tel, transport); err != nil {
		t.Fatal(err)
	}
	handler, err := d.Handler()
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(handler)
	d.url = listener.URL
	t.Cleanup(func() {
		listener.Close()
		transport.Close()
		http.DefaultClient.CloseIdleConnections()
		if err := d.tel.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

func getenv(variables []string) env.Getenv {
	return func(name string) string {
		for _, variable := range variables {
			if value, ok := strings.CutPrefix(variable, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// behind starts an upstream that counts its requests.
func behind(t testing.TB, handler http.HandlerFunc) (base string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handler(w, r)
	}))
	t.Cleanup(upstream.Close)
	return upstream.URL, requests
}

// dead returns the address of a server that is gone.
func dead(t testing.TB) string {
	t.Helper()
	address, _ := testkit.Refusing(t)
	return "http://" + address
}

// answer is a reply that has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) problem(t testing.TB) problem.Problem {
	t.Helper()
	var p problem.Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Status != a.status {
		t.Errorf("status %d with the body %q, want a problem", a.status, a.body)
	}
	return p
}

// do sends one request; headers are alternately names and values.
func (d *door) do(ctx context.Context, method, path, body string, headers ...string) (answer, error) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text)}, err
}

// get sends one request that must be answered.
func (d *door) get(path string, headers ...string) answer {
	d.t.Helper()
	return d.send(http.MethodGet, path, "", headers...)
}

func (d *door) send(method, path, body string, headers ...string) answer {
	d.t.Helper()
	a, err := d.do(d.t.Context(), method, path, body, headers...)
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

// metric is the sum of the series of a counter or gauge that have the labels.
func (d *door) metric(name string, labels testkit.Labels) float64 {
	d.t.Helper()
	return testkit.Gather(d.t, d.tel.Registry).Sum(name, labels)
}
