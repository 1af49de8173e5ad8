package attack

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"loadlab/internal/testkit"
)

// shownWithin bounds what takes a fraction of it on a quiet machine.
const shownWithin = 30 * time.Second

// tab is one of a Chromium that finds evil.example on loopback.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// browser attacks from pages, and looks at hostile text on the lab's own page.
func (v *victim) browser(t *testing.T) {
	testkit.Require(t, "chromium")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"),
		chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"), chromedp.Flag("disable-component-update", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses root otherwise
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	b := tab{t, ctx}
	t.Run("pages of another origin", func(t *testing.T) { v.crossSite(tab{t, b.ctx}) })
	t.Run("rebound names", func(t *testing.T) { v.rebinding(tab{t, b.ctx}) })
	t.Run("hostile text", func(t *testing.T) { v.hostileText(tab{t, b.ctx}) })
}

func (b tab) open(address string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, shownWithin)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		b.t.Fatalf("open %s: %v", address, err)
	}
}

// evaluate gives the value of an expression, which may be a promise.
func evaluate[T any](b tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, shownWithin)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// until waits for an expression to be true.
func (b tab) until(what, expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(shownWithin); !evaluate[bool](b, `Boolean(`+expression+`)`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited in vain until %s; the page shows\n%.2000s", what, evaluate[string](b, `document.body.innerText`))
		}
	}
}

// fromElsewhere sends every form of request that a page can cause without a preflight.
const fromElsewhere = `(async (targets) => {
	const seen = [];
	const within = (promise) => Promise.race([promise, new Promise((done) => setTimeout(() => done('no answer'), 5000))]);
	const loads = (element, attribute, address) => within(new Promise((done) => {
		element.onload = () => done('loaded');
		element.onerror = () => done('refused');
		element[attribute] = address;
		document.body.append(element);
	}));
	for (const { address, method } of targets) {
		const read = await within(fetch(address, { method }).then((r) => 'read ' + r.status, () => 'refused'));
		if (read !== 'refused') seen.push(address + ': fetch has ' + read);
		const sent = await within(fetch(address, { method: method === 'GET' ? 'GET' : 'POST', mode: 'no-cors', credentials: 'include', body: method === 'GET' ? undefined : 'x' })
			.then((r) => r.type, () => 'refused'));
		if (sent !== 'opaque' && sent !== 'refused') seen.push(address + ': fetch without CORS has ' + sent);
		if (method === 'GET') {
			if (await loads(document.createElement('script'), 'src', address) === 'loaded') seen.push(address + ': runs as a script');
			const sheet = document.createElement('link');
			sheet.rel = 'stylesheet';
			if (await loads(sheet, 'href', address) === 'loaded') seen.push(address + ': is taken for a style sheet');
		}
		navigator.sendBeacon(address, 'x');
		const frame = document.createElement('iframe');
		frame.name = 'f' + Math.random();
		document.body.append(frame);
		const form = document.createElement('form');
		Object.assign(form, { action: address, method: 'post', target: frame.name });
		document.body.append(form);
		const answered = within(new Promise((done) => { frame.onload = () => done(); }));
		form.submit();
		await answered;
	}
	return seen;
})`

// crossSite lets a page of another origin call every route with a change, and those with secrets.
func (v *victim) crossSite(b tab) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>elsewhere</title><body>elsewhere")) // Chromium is there
	}))
	defer page.Close()
	type target struct {
		Address string `json:"address"`
		Method  string `json:"method"`
	}
	var targets []target
	for listener, addresses := range v.guarded {
		get := map[string]string{"admin, of each service": "/debug/pprof/cmdline", "admin, of the load generator": "/api/v1/run", "console": "/config.json",
			"OTLP, without containers": "/v1/traces", "Prometheus's API, without containers": "/api/v1/query?query=up", "trace store, without containers": "/api/v3/services"}[listener]
		change := map[string]string{"admin, of each service": "/fault?kind=errors&value=1&duration=10m", "admin, of the load generator": "/api/v1/run/pause",
			"console": "/generator/api/v1/run/stop", "OTLP, without containers": "/v1/traces"}[listener]
		for _, address := range addresses {
			targets = append(targets, target{"http://" + address + get, "GET"})
			if change != "" {
				targets = append(targets, target{"http://" + address + change, "POST"})
			}
		}
	}
	list, err := json.Marshal(targets)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, host := range []string{rebound, "127.0.0.1"} { // another site, and another port of the same site
		b.open("http://" + host + ":" + portOf(page.URL))
		if sent := evaluate[string](b, `fetch('http://`+v.gateway+`/', { mode: 'no-cors' }).then((r) => r.type, String)`); sent != "opaque" {
			b.t.Errorf("a page of %s cannot reach even a listener without a guard (%s): this browser proves nothing", host, sent)
		}
		for _, seen := range evaluate[[]string](b, fromElsewhere+`(`+string(list)+`)`) {
			b.t.Errorf("a page of %s, %s", host, seen)
		}
	}
	v.unharmed(b.t)
}

func portOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Port()
}

// rebinding opens each guarded listener under a name that points at it, which
// makes its replies readable to the page, and every method allowed.
func (v *victim) rebinding(b tab) {
	for listener, addresses := range v.guarded {
		for _, address := range addresses {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				b.t.Fatal(err)
			}
			b.open("http://" + rebound + ":" + port + "/")
			if text := evaluate[string](b, `document.body.innerText`); !strings.Contains(text, "this listener answers to localhost") {
				b.t.Errorf("%s under the name %s: %.300s", listener, rebound, text)
			}
			got := evaluate[string](b, `Promise.all([['GET', '/config.json'], ['GET', '/metrics'], ['GET', '/debug/pprof/cmdline'], ['PUT', '/fault?kind=errors&value=1&duration=10m'],
				['POST', '/api/v1/run/stop'], ['POST', '/v1/traces'], ['GET', '/api/v3/services'], ['POST', '/api/v1/query?query=up']]
				.map(([method, path]) => fetch(path, { method }).then((r) => r.status))).then((all) => [...new Set(all)].join())`)
			if got != "421" {
				b.t.Errorf("%s under the name %s answers %s, want 421 alone", listener, rebound, got)
			}
		}
	}
}
