package attack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hostileResult puts a result into the folder of a lab, in which every sentence is markup.
func hostileResult(t *testing.T, data string) {
	t.Helper()
	text, err := os.ReadFile("../../experiments/result/testdata/cpu-saturation.json")
	if err != nil {
		t.Fatal(err)
	}
	var result map[string]any
	if err := json.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(data, "experiments")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	spoil(result)
	result["name"], result["title"] = markup, markup
	if text, err = json.Marshal(result); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "hostile-20260101T000000.000.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// hostileScenario is a file whose names are markup: of the scenario, of its phase and of a target.
func (v *victim) hostileScenario(t *testing.T) string {
	t.Helper()
	one := map[string]any{"name": markup, "method": "GET", "url": "http://" + v.gateway + "/io/" + markup}
	text, err := json.Marshal(map[string]any{"name": markup, "phases": []any{map[string]any{"name": markup, "targets": []any{one}}}}) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "hostile.yaml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// spoil puts markup in front of every text that is more than a word.
func spoil(value any) any {
	switch v := value.(type) {
	case string:
		if strings.Contains(v, " ") {
			return markup + v
		}
	case []any:
		for i := range v {
			v[i] = spoil(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = spoil(v[key])
		}
	}
	return value
}

const hostileTrace = "0123456789abcdef0123456789abcdef"

// sendHostileSpan sends a span in which every text is markup, as any program of this machine can.
func (v *victim) sendHostileSpan(t *testing.T) {
	t.Helper()
	attribute := func(key, value string) map[string]any {
		return map[string]any{"key": key, "value": map[string]any{"stringValue": value}}
	}
	all := []any{attribute(markup, markup), attribute("http.route", markup), attribute("url.full", "javascript:"+markup), attribute("error.type", markup)}
	now := time.Now().UnixNano()
	span := map[string]any{
		"traceId": hostileTrace, "spanId": "0123456789abcdef", "name": markup, "kind": 2, "traceState": "a=b",
		"startTimeUnixNano": fmt.Sprint(now - int64(time.Second)), "endTimeUnixNano": fmt.Sprint(now), "attributes": all,
		"events": []any{map[string]any{"timeUnixNano": fmt.Sprint(now), "name": markup, "attributes": all}},
		"status": map[string]any{"code": 2, "message": markup},
	}
	body, err := json.Marshal(map[string]any{"resourceSpans": []any{map[string]any{
		"resource":   map[string]any{"attributes": append([]any{attribute("service.name", markup)}, all...)},
		"scopeSpans": []any{map[string]any{"scope": map[string]any{"name": markup, "version": markup}, "spans": []any{span}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.Post("http://"+v.otlp+"/v1/traces", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		t.Fatalf("the hostile span: %s", reply.Status)
	}
}

// hostileText opens every view that shows names of others, and expects that each
// shows the markup as the text that it is.
func (v *victim) hostileText(b tab) {
	v.sendHostileSpan(b.t)
	const whole = `document.documentElement.outerHTML.includes(` + "`" + `&lt;img/src=x` + "`" + `)`
	// Panels are drawn when they are in sight, so each is shown in turn.
	const scroll = `(([...panels]) => panels[Math.floor(Date.now() / 300) % panels.length]?.scrollIntoView())(document.querySelectorAll('main .panel')) ?? `
	const framed = `document.querySelector('iframe.result')?.contentDocument?.body?.innerText.includes('<img/src=x')`
	for _, view := range []struct{ hash, before, shown string }{
		{"#/traces?limit=50", "", `document.querySelector('.trace-row')?.innerText && document.querySelector('main').innerText.includes('<img/src=x')`},
		{"#/traces/" + hostileTrace, `document.querySelector('.span-row')?.click() ?? true`, `document.querySelector('.span-facts')?.innerText.includes('<img/src=x')`},
		{"#/steer", "", `document.querySelector('main').innerText.includes('<img/src=x')`},
		{"#/watch/load-generator", "", scroll + whole},
		{"#/watch/service", "", `document.querySelector('main .panel')`},
		{"#/flow", "", `document.querySelector('main').innerText.length > 20`},
		{"#/experiments", "", `document.querySelector('main').innerText.includes('<img/src=x')`},
		{"#/experiments/hostile-20260101T000000.000", "", framed},
	} {
		b.open("http://" + v.console + "/" + view.hash)
		b.until(view.hash+" is open", `document.querySelector('main .tab') && document.querySelector('main').innerText.length > 0`)
		if view.before != "" {
			b.until("there is something to click in "+view.hash, `document.querySelector('.span-row')`)
			evaluate[bool](b, `Boolean(`+view.before+`)`)
		}
		b.until(view.hash+" shows the markup as text", view.shown)
		found := evaluate[[]string](b, `[document, ...[...document.querySelectorAll('iframe')].map((f) => f.contentDocument)].filter(Boolean)
			.flatMap((d) => [...d.querySelectorAll('img[src="x"], [onerror], a[href^="javascript:"]')].map((e) => e.outerHTML))`)
		if len(found) > 0 || evaluate[bool](b, `window.attacked !== undefined`) {
			b.t.Errorf("%s makes elements of the text: %q", view.hash, found)
		}
	}
}
